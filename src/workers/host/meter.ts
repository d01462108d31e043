import type { Meter } from '../../model/observing/meter.js';
import type { Counter, Gauge, Histogram, MetricDefinition } from '../../model/observing/metrics.js';
import type { MetricSample } from '../../model/observing/state-item.js';

type Labels = Readonly<Record<string, string>>;
type Cell = { readonly name: string; readonly labels: Labels; changed: boolean } & (
  | { readonly type: 'counter' | 'gauge'; value: number }
  | { readonly type: 'histogram'; readonly bounds: readonly number[]; readonly buckets: number[]; sum: number }
);

/** Sums up what one actor counts until the host sends it off. */
export class ActorMeter implements Meter {
  readonly #cells = new Map<string, Cell>();
  /** The series that `take` has not come to; null: it starts anew. */
  #left: MapIterator<Cell> | null = null;

  count(metric: Counter, labels: Labels, by = 1): void {
    record(this.#cell(metric, labels), by);
  }

  gauge(metric: Gauge, labels: Labels, value: number): void {
    record(this.#cell(metric, labels), value);
  }

  observe(metric: Histogram, labels: Labels, value: number): void {
    record(this.#cell(metric, labels), value);
  }

  counter(metric: Counter, labels: Labels): (by?: number) => void {
    const cell = this.#cell(metric, labels);
    return (by = 1) => record(cell, by);
  }

  histogram(metric: Histogram, labels: Labels): (value: number) => void {
    const cell = this.#cell(metric, labels);
    return (value) => record(cell, value);
  }

  /** What came together since the last call. With `most`, so many of the series; the next call goes on behind them. */
  take(most = Number.POSITIVE_INFINITY): readonly MetricSample[] {
    const samples: MetricSample[] = [];
    this.#left ??= this.#cells.values();
    while (samples.length < most) {
      const next = this.#left.next();
      if (next.done === true) {
        this.#left = null;
        break;
      }
      const cell = next.value;
      if (cell.changed) samples.push(takeSample(cell));
    }
    return samples;
  }

  /** The last `take` did not come to the end. */
  get hasMore(): boolean {
    return this.#left !== null;
  }

  /** There is a new reader: `take` tells every gauge once more, changed or not. */
  repeatGauges(): void {
    for (const cell of this.#cells.values()) {
      if (cell.type === 'gauge') cell.changed = true;
    }
  }

  #cell(metric: MetricDefinition, labels: Labels): Cell {
    let key: string = metric.name;
    for (const label in labels) key += `\0${label}\0${labels[label]}`;
    const known = this.#cells.get(key);
    if (known !== undefined) return known;
    const cell = createCell(metric, labels);
    this.#cells.set(key, cell);
    return cell;
  }
}

function createCell(metric: MetricDefinition, labels: Labels): Cell {
  const { name } = metric;
  if (metric.type !== 'histogram') return { name, labels, changed: false, type: metric.type, value: 0 };
  const bounds = metric.buckets;
  const buckets = new Array<number>(bounds.length + 1).fill(0);
  return { name, labels, changed: false, type: 'histogram', bounds, buckets, sum: 0 };
}

function record(cell: Cell, value: number): void {
  cell.changed = true;
  switch (cell.type) {
    case 'counter':
      cell.value += value;
      break;
    case 'gauge':
      cell.value = value;
      break;
    case 'histogram': {
      let index = 0;
      while (index < cell.bounds.length && value > (cell.bounds[index] ?? 0)) index += 1;
      cell.buckets[index] = (cell.buckets[index] ?? 0) + 1;
      cell.sum += value;
      break;
    }
    default:
      cell satisfies never;
  }
}

/** What the series holds; sums begin anew. */
function takeSample(cell: Cell): MetricSample {
  const { name, labels } = cell;
  cell.changed = false;
  if (cell.type === 'histogram') {
    const { buckets, sum } = cell;
    const sample = { type: 'histogram', name, labels, buckets: [...buckets], sum } as const;
    buckets.fill(0);
    cell.sum = 0;
    return sample;
  }
  const { type, value } = cell;
  if (type === 'counter') cell.value = 0;
  return { type, name, labels, value };
}
