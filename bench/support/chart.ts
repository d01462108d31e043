/** Inline SVG plots, drawn without a library so that the page needs nothing from outside. */
import type { HistogramSection, TimelineSection } from './report.js';
import { short } from './stats.js';

const WIDTH = 860;
const HEIGHT = 300;
const MARGIN = { left: 64, right: 16, top: 12, bottom: 44 };
const BINS = 60;
/** More marks than this are thinned out per pixel column to their lowest and highest. */
const MAX_MARKS = 4000;
/** Told apart also by those who see no red or green (Okabe and Ito). */
const COLOURS = ['#0072b2', '#d55e00', '#009e73', '#cc79a7', '#e69f00', '#56b4e9', '#7f7f7f'];

export const colour = (index: number): string => COLOURS[index % COLOURS.length] ?? '#000';
export const escapeHtml = (text: string): string => text.replace(/[&<>"']/g, (char) => `&#${char.charCodeAt(0)};`);

/** Maps values to pixels, and says where the ticks are. */
type Axis = { readonly at: (value: number) => number; readonly ticks: readonly number[] };

function linearAxis(low: number, high: number, from: number, to: number): Axis {
  const span = high > low ? high - low : 1;
  const raw = span / 6;
  const power = 10 ** Math.floor(Math.log10(raw));
  const step = power * ([1, 2, 5, 10].find((factor) => factor * power >= raw) ?? 10);
  const ticks: number[] = [];
  for (let tick = Math.ceil(low / step) * step; tick <= low + span * 1.0001; tick += step) ticks.push(tick);
  return { at: (value) => from + ((value - low) / span) * (to - from), ticks };
}

function logAxis(low: number, high: number, from: number, to: number): Axis {
  const lowest = Math.floor(Math.log10(low));
  const highest = Math.max(lowest + 1, Math.ceil(Math.log10(high)));
  const ticks = Array.from({ length: highest - lowest + 1 }, (_, i) => 10 ** (lowest + i));
  const at = (value: number): number => {
    const exponent = value > 0 ? Math.log10(value) : lowest;
    return from + (Math.max(0, exponent - lowest) / (highest - lowest)) * (to - from);
  };
  return { at, ticks };
}

function extent(values: Iterable<number>, positiveOnly: boolean): readonly [number, number] {
  let low = Number.POSITIVE_INFINITY;
  let high = Number.NEGATIVE_INFINITY;
  for (const value of values) {
    if (positiveOnly && value <= 0) continue;
    if (value < low) low = value;
    if (value > high) high = value;
  }
  return high < low ? [positiveOnly ? 1 : 0, positiveOnly ? 10 : 1] : [low, high];
}

function axis(scale: 'linear' | 'log', values: Iterable<number>, from: number, to: number, zero: boolean): Axis {
  const [low, high] = extent(values, scale === 'log');
  return scale === 'log' ? logAxis(low, high, from, to) : linearAxis(zero ? Math.min(0, low) : low, high, from, to);
}

function frame(x: Axis, y: Axis, xLabel: string, yLabel: string, body: string): string {
  const bottom = HEIGHT - MARGIN.bottom;
  const right = WIDTH - MARGIN.right;
  const xTicks = x.ticks.map((tick) => {
    const px = x.at(tick).toFixed(1);
    return `<line class="grid" x1="${px}" x2="${px}" y1="${MARGIN.top}" y2="${bottom}"/><text x="${px}" y="${bottom + 16}" text-anchor="middle">${short(tick)}</text>`;
  });
  const yTicks = y.ticks.map((tick) => {
    const py = y.at(tick).toFixed(1);
    return `<line class="grid" x1="${MARGIN.left}" x2="${right}" y1="${py}" y2="${py}"/><text x="${MARGIN.left - 6}" y="${py}" dy="0.32em" text-anchor="end">${short(tick)}</text>`;
  });
  const middle = (MARGIN.top + bottom) / 2;
  return `<svg viewBox="0 0 ${WIDTH} ${HEIGHT}" role="img">${xTicks.join('')}${yTicks.join('')}${body}
<text x="${(MARGIN.left + right) / 2}" y="${HEIGHT - 6}" text-anchor="middle">${escapeHtml(xLabel)}</text>
<text transform="translate(14 ${middle}) rotate(-90)" text-anchor="middle">${escapeHtml(yLabel)}</text></svg>`;
}

function* allOf<T>(series: readonly { readonly points: readonly T[] }[], pick: (point: T) => number): Iterable<number> {
  for (const { points } of series) for (const point of points) yield pick(point);
}

/** The share of each series' samples per bin, as steps, so that series of different sizes compare. */
export function histogramSvg(section: HistogramSection): string {
  const samples = section.series.map(({ samples: points }) => ({ points }));
  const left = MARGIN.left;
  const right = WIDTH - MARGIN.right;
  const x = axis(
    section.scale,
    allOf(samples, (value) => value),
    left,
    right,
    section.scale === 'linear',
  );
  const shares = section.series.map(({ samples: values }) => {
    const bins = new Float64Array(BINS);
    for (const value of values) {
      const bin = Math.floor(((x.at(value) - left) / (right - left)) * BINS);
      const index = Math.min(BINS - 1, Math.max(0, bin));
      bins[index] = (bins[index] ?? 0) + 100 / values.length;
    }
    return bins;
  });
  const tallest = Math.max(1, ...shares.map((bins) => Math.max(...bins)));
  const y = linearAxis(0, tallest, HEIGHT - MARGIN.bottom, MARGIN.top);
  const paths = shares.map((bins, index) => {
    const width = (right - left) / BINS;
    const steps = Array.from(bins, (share, bin) => {
      const px = left + bin * width;
      const py = y.at(share).toFixed(1);
      return `L${px.toFixed(1)} ${py}L${(px + width).toFixed(1)} ${py}`;
    });
    const base = y.at(0).toFixed(1);
    const outline = `M${left} ${base}${steps.join('')}L${right} ${base}Z`;
    return `<path d="${outline}" fill="${colour(index)}" fill-opacity="0.25" stroke="${colour(index)}"/>`;
  });
  return frame(x, y, section.unit, '% of samples', paths.join(''));
}

type Point = readonly [number, number];

/** Keeps the lowest and the highest point of each pixel column: what the eye would see of all of them. */
function thinned(points: readonly Point[], x: Axis): readonly Point[] {
  if (points.length <= MAX_MARKS) return points;
  const columns = new Map<number, { low: Point; high: Point }>();
  for (const point of points) {
    const column = Math.round(x.at(point[0]));
    const seen = columns.get(column);
    if (seen === undefined) columns.set(column, { low: point, high: point });
    else if (point[1] < seen.low[1]) seen.low = point;
    else if (point[1] > seen.high[1]) seen.high = point;
  }
  return [...columns.values()].flatMap(({ low, high }) => [low, high]);
}

export function timelineSvg(section: TimelineSection): string {
  const bottom = HEIGHT - MARGIN.bottom;
  const x = axis(
    section.xScale ?? 'linear',
    allOf(section.series, (point) => point[0]),
    MARGIN.left,
    WIDTH - MARGIN.right,
    false,
  );
  const y = axis(
    section.yScale ?? 'linear',
    allOf(section.series, (point) => point[1]),
    bottom,
    MARGIN.top,
    true,
  );
  const marks = section.series.map(({ points }, index) => {
    const at = thinned(points, x).map(([px, py]) => `${x.at(px).toFixed(1)} ${y.at(py).toFixed(1)}`);
    const dots = at.map((point) => `M${point}h0`).join('');
    const line =
      section.mark === 'line' && at.length > 0
        ? `<path d="M${at.join('L')}" fill="none" stroke="${colour(index)}" stroke-width="1.5"/>`
        : '';
    const size = section.mark === 'line' ? 5 : 2.5;
    return `${line}<path d="${dots}" fill="none" stroke="${colour(index)}" stroke-width="${size}" stroke-linecap="round"/>`;
  });
  return frame(x, y, section.xLabel, section.yLabel, marks.join(''));
}
