/** What all actors counted, added up: the numbers behind /metrics. */
import type { Counter, Gauge, Histogram, MetricDefinition } from '../../model/observing/metrics.js';
import type { MetricSample } from '../../model/observing/state-item.js';

/** Most label combinations of one metric: 5 states of 4,000 services. More means that an unbounded label slipped in. */
export const MAX_SERIES_PER_METRIC = 20_000;

type SeriesBase = { readonly labels: Readonly<Record<string, string>> };
export type NumberSeries = SeriesBase & { readonly actor: string; value: number };
/** `buckets` are not cumulative; the last one is +Inf. */
export type HistogramSeries = SeriesBase & { readonly buckets: number[]; sum: number };

type Numbers = {
  readonly type: 'counter' | 'gauge';
  readonly definition: Counter | Gauge;
  readonly series: Map<string, NumberSeries>;
};
type Histograms = {
  readonly type: 'histogram';
  readonly definition: Histogram;
  readonly series: Map<string, HistogramSeries>;
};
export type MetricFamily = Numbers | Histograms;

export class MetricTable {
  readonly #families: ReadonlyMap<string, MetricFamily>;
  #dropped = 0;

  constructor(definitions: readonly MetricDefinition[]) {
    this.#families = new Map(definitions.map((definition) => [definition.name, familyOf(definition)]));
  }

  /** Samples that were not taken: an unknown metric, another type than declared, or too many series. */
  get dropped(): number {
    return this.#dropped;
  }

  add(actor: string, sample: MetricSample): void {
    const family = this.#families.get(sample.name);
    if (family === undefined || family.type !== sample.type) {
      this.#dropped += 1;
      return;
    }
    const labels = Object.fromEntries(family.definition.labels.map((label) => [label, sample.labels[label] ?? '']));
    const key = JSON.stringify(Object.values(labels));
    if (!family.series.has(key) && family.series.size >= MAX_SERIES_PER_METRIC) {
      this.#dropped += 1;
    } else if (family.type === 'histogram') {
      if (sample.type === 'histogram' && !addHistogram(family, key, labels, sample)) this.#dropped += 1;
    } else if (sample.type !== 'histogram') {
      const known = family.series.get(key);
      const value = family.type === 'counter' ? (known?.value ?? 0) + sample.value : sample.value;
      family.series.set(key, { labels, actor, value });
    }
  }

  /** Gauges of what is gone for good describe nothing any more. What was counted did happen and stays. */
  forgetGauges(gone: { readonly actor: string } | { readonly labels: Readonly<Record<string, string>> }): void {
    const wanted = 'labels' in gone ? Object.entries(gone.labels) : [];
    for (const family of this.#families.values()) {
      if (family.type !== 'gauge') continue;
      if (!wanted.every(([label]) => family.definition.labels.includes(label))) continue;
      for (const [key, { actor, labels }] of family.series) {
        const fits = 'actor' in gone ? actor === gone.actor : wanted.every(([label, value]) => labels[label] === value);
        if (fits) family.series.delete(key);
      }
    }
  }

  /** Every declared metric, also those without a series yet. */
  families(): Iterable<[name: string, family: MetricFamily]> {
    return this.#families.entries();
  }
}

const familyOf = (definition: MetricDefinition): MetricFamily =>
  definition.type === 'histogram'
    ? { type: 'histogram', definition, series: new Map() }
    : { type: definition.type, definition, series: new Map() };

function addHistogram(
  family: Histograms,
  key: string,
  labels: Readonly<Record<string, string>>,
  sample: MetricSample & { readonly type: 'histogram' },
): boolean {
  if (sample.buckets.length !== family.definition.buckets.length + 1) return false;
  const known = family.series.get(key);
  if (known === undefined) {
    family.series.set(key, { labels, buckets: [...sample.buckets], sum: sample.sum });
    return true;
  }
  sample.buckets.forEach((added, index) => {
    known.buckets[index] = (known.buckets[index] ?? 0) + added;
  });
  known.sum += sample.sum;
  return true;
}
