/** The page that a person reads: one file, no scripts, nothing loaded from anywhere. */
import { colour, escapeHtml, histogramSvg, timelineSvg } from './chart.js';
import type { Cell, Section, WrittenReport } from './report.js';
import { percentiles, short } from './stats.js';

const STYLE = `
:root { color-scheme: light dark; --line: #8884; --soft: #8881; }
body { font: 15px/1.5 system-ui, sans-serif; max-width: 900px; margin: 2rem auto; padding: 0 1rem; }
table { border-collapse: collapse; margin: .5rem 0 1rem; font-variant-numeric: tabular-nums; }
th, td { padding: .25rem .75rem; border-bottom: 1px solid var(--line); text-align: left; }
td.n { text-align: right; } tbody tr:hover { background: var(--soft); }
svg { width: 100%; height: auto; font: 11px system-ui, sans-serif; } svg text { fill: currentColor; } .grid { stroke: var(--line); }
.note, footer { opacity: .75; } .key i { display: inline-block; width: .8em; height: .8em; border-radius: 2px; margin-right: .35em; }
.key span { margin-right: 1.2em; } h2 { margin-top: 2.2rem; }`;

const tableCell = (value: Cell): string =>
  typeof value === 'number' ? `<td class="n">${short(value)}</td>` : `<td>${escapeHtml(value)}</td>`;

function table(columns: readonly string[], rows: readonly (readonly Cell[])[]): string {
  const head = columns.map((name) => `<th>${escapeHtml(name)}</th>`).join('');
  const body = rows.map((row) => `<tr>${row.map(tableCell).join('')}</tr>`).join('');
  return `<table><thead><tr>${head}</tr></thead><tbody>${body}</tbody></table>`;
}

const key = (names: readonly string[]): string =>
  `<p class="key">${names.map((name, i) => `<span><i style="background:${colour(i)}"></i>${escapeHtml(name)}</span>`).join('')}</p>`;

function body(section: Section): string {
  switch (section.kind) {
    case 'table':
      return table(section.columns, section.rows);
    case 'histogram': {
      const rows = section.series.map(({ name, samples }) => {
        const p = percentiles(samples);
        return [name, p.count, p.min, p.p50, p.p90, p.p99, p.p999, p.max];
      });
      const columns = [section.unit, 'samples', 'min', 'p50', 'p90', 'p99', 'p99.9', 'max'];
      return key(section.series.map(({ name }) => name)) + histogramSvg(section) + table(columns, rows);
    }
    case 'timeline':
      return key(section.series.map(({ name }) => name)) + timelineSvg(section);
    default:
      return section satisfies never;
  }
}

export function renderHtml(report: WrittenReport): string {
  const { machine } = report;
  const sections = report.sections.map((section) => {
    const note = section.note === undefined ? '' : `<p class="note">${escapeHtml(section.note)}</p>`;
    return `<section><h2>${escapeHtml(section.title)}</h2>${note}${body(section)}</section>`;
  });
  const summary = report.summary === undefined ? '' : `<p>${escapeHtml(report.summary)}</p>`;
  const where = `${machine.cpu}, ${machine.cores} cores, ${machine.memoryGb} GB, Linux ${machine.kernel}, Node ${machine.node}, ${machine.date}`;
  return `<!doctype html><html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>${escapeHtml(report.title)}</title><style>${STYLE}</style></head><body>
<h1>${escapeHtml(report.title)}</h1>${summary}${sections.join('\n')}<footer><p>${escapeHtml(where)}</p></footer></body></html>
`;
}
