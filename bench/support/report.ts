/** A bench's result: one value, written as JSON for tools, as a page for people, and as text for the terminal. */
import { writeFileSync } from 'node:fs';
import { renderHtml } from './html.js';
import { type Machine, machine } from './machine.js';

export type Cell = string | number;

export type TableSection = {
  readonly kind: 'table';
  readonly title: string;
  /** What the figures mean and how they were taken. */
  readonly note?: string;
  readonly columns: readonly string[];
  readonly rows: readonly (readonly Cell[])[];
};

/** Several sets of samples over one axis: how they are spread. */
export type HistogramSection = {
  readonly kind: 'histogram';
  readonly title: string;
  readonly note?: string;
  readonly unit: string;
  /** Logarithmic suits latencies; samples of 0 and less are drawn at the left edge. */
  readonly scale: 'linear' | 'log';
  readonly series: readonly { readonly name: string; readonly samples: readonly number[] }[];
};

/** Points over time, or over any growing quantity. */
export type TimelineSection = {
  readonly kind: 'timeline';
  readonly title: string;
  readonly note?: string;
  readonly xLabel: string;
  readonly yLabel: string;
  readonly xScale?: 'linear' | 'log';
  readonly yScale?: 'linear' | 'log';
  /** `points`: one mark each; `line`: joined. */
  readonly mark: 'points' | 'line';
  readonly series: readonly { readonly name: string; readonly points: readonly (readonly [number, number])[] }[];
};

export type Section = TableSection | HistogramSection | TimelineSection;
export type Report = {
  readonly title: string;
  /** One or two sentences for who reads nothing else. */
  readonly summary?: string;
  readonly sections: readonly Section[];
  /** It found what may never be. */
  readonly failed?: boolean;
  /** The bench's own figures, for tools; goes into the JSON alone. */
  readonly data?: unknown;
};

export type ReportFiles = { readonly json?: string | undefined; readonly html?: string | undefined };
export type WrittenReport = Report & { readonly machine: Machine };

/** Writes what was asked for, and returns the report with the machine that it was taken on. */
export function writeReport(report: Report, files: ReportFiles = {}): WrittenReport {
  const written: WrittenReport = { ...report, machine: machine() };
  if (files.json !== undefined) writeFileSync(files.json, `${JSON.stringify(written, null, 2)}\n`);
  if (files.html !== undefined) writeFileSync(files.html, renderHtml(written));
  return written;
}
