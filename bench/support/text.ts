/** A report's tables and its histograms' percentiles, as text for a terminal. */
import type { Cell, Report, Section } from './report.js';
import { percentiles, short } from './stats.js';

const cell = (value: Cell): string => (typeof value === 'number' ? short(value) : value);

/** Columns padded to their widest cell; numbers to the right. */
export function formatTable(columns: readonly string[], rows: readonly (readonly Cell[])[]): string {
  const text = rows.map((row) => row.map(cell));
  const widths = columns.map((name, i) => Math.max(name.length, ...text.map((row) => (row[i] ?? '').length)));
  const right = columns.map((_, i) => rows.length > 0 && rows.every((row) => typeof row[i] === 'number'));
  const line = (cells: readonly string[]): string =>
    cells
      .map((value, i) => (right[i] === true ? value.padStart(widths[i] ?? 0) : value.padEnd(widths[i] ?? 0)))
      .join('  ')
      .trimEnd();
  return [line(columns), line(widths.map((width) => '-'.repeat(width))), ...text.map(line)].join('\n');
}

function sectionText(section: Section): string {
  const note = section.note === undefined ? '' : `\n${section.note}`;
  switch (section.kind) {
    case 'table':
      return `${section.title}${note}\n\n${formatTable(section.columns, section.rows)}`;
    case 'histogram': {
      const rows = section.series.map(({ name, samples }) => {
        const p = percentiles(samples);
        return [name, p.count, p.min, p.p50, p.p90, p.p99, p.p999, p.max];
      });
      const columns = ['', 'samples', 'min', 'p50', 'p90', 'p99', 'p99.9', 'max'];
      return `${section.title} (${section.unit})${note}\n\n${formatTable(columns, rows)}`;
    }
    case 'timeline':
      return `${section.title}${note}\n\n(drawn in the HTML page)`;
    default:
      return section satisfies never;
  }
}

export function formatReport(report: Report): string {
  const head = report.summary === undefined ? report.title : `${report.title}\n${report.summary}`;
  return `${[head, ...report.sections.map(sectionText)].join('\n\n')}\n`;
}
