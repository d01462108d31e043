import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'ava';
import { progress } from '../../bench/support/progress.js';
import { type Report, writeReport } from '../../bench/support/report.js';
import { percentiles, rounds, short } from '../../bench/support/stats.js';
import { formatReport } from '../../bench/support/text.js';

test('percentiles are samples that were seen', (t) => {
  const p = percentiles(Array.from({ length: 1000 }, (_, i) => 1000 - i));
  t.like(p, { count: 1000, min: 1, p50: 500, p90: 900, p99: 990, p999: 999, max: 1000, mean: 500.5 });
  t.is(percentiles([7]).p999, 7);
  t.is(percentiles([]).count, 0);
});

test('rounds keep the quietest and the middle one', (t) => {
  t.deepEqual(rounds([3, 1, 2]), { min: 1, median: 2, max: 3, rounds: 3 });
});

test('figures are short', (t) => {
  t.deepEqual([0, 1234567, 12.345, 0.012345, -2.5, 100, Number.NaN].map(short), [
    '0',
    '1230000',
    '12.3',
    '0.0123',
    '-2.5',
    '100',
    '-',
  ]);
});

const report: Report = {
  title: 'A <bench>',
  summary: 'All good.',
  sections: [
    {
      kind: 'table',
      title: 'Cost',
      columns: ['what', 'us'],
      rows: [
        ['ours', 22.5],
        ['<peer>', 25],
      ],
    },
    {
      kind: 'histogram',
      title: 'Spread',
      unit: 'us',
      scale: 'log',
      series: [
        { name: 'ours', samples: [0, 1, 10, 100] },
        { name: 'none', samples: [] },
      ],
    },
    {
      kind: 'timeline',
      title: 'Time',
      xLabel: 's',
      yLabel: 'us',
      mark: 'points',
      series: [{ name: 'ours', points: Array.from({ length: 5000 }, (_, i) => [i, i % 7]) }],
    },
    {
      kind: 'timeline',
      title: 'Growth',
      xLabel: 'targets',
      yLabel: 'us',
      xScale: 'log',
      mark: 'line',
      series: [
        {
          name: 'ours',
          points: [
            [100, 1],
            [1000, 1.1],
          ],
        },
      ],
    },
  ],
  data: { ratio: 0.9 },
};

test('a report is written as JSON with its machine, and as one page that loads nothing', (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'fulcrum-report-'));
  t.teardown(() => rmSync(folder, { recursive: true }));
  const files = { json: join(folder, 'r.json'), html: join(folder, 'r.html') };
  writeReport(report, files);
  const json: unknown = JSON.parse(readFileSync(files.json, 'utf8'));
  t.like(json, { title: 'A <bench>', data: { ratio: 0.9 }, machine: { node: process.versions.node } });
  const html = readFileSync(files.html, 'utf8');
  t.false(html.includes('<bench>') || html.includes('<peer>'), 'text is escaped');
  t.notRegex(html, /NaN|Infinity|undefined/);
  t.notRegex(html, /<script|src=|href=/);
  t.is(html.match(/<svg/g)?.length, 3);
  t.true(html.length < 200_000, 'many points are thinned out');
});

test('a report as text has aligned tables', (t) => {
  const text = formatReport(report);
  t.true(text.includes('what      us\n------  ----\nours    22.5\n<peer>    25\n'), text);
});

test('progress is a bar on a terminal and a few lines elsewhere', (t) => {
  const written: string[] = [];
  const plain = progress('rows', 100, { write: (text: string) => written.push(text) });
  for (let i = 0; i < 100; i++) plain.tick();
  plain.done();
  t.is(written.length, 11);
  t.regex(written[10] ?? '', /^rows: 100% 0s\n$/);
  const drawn: string[] = [];
  const bar = progress('rows', 2, { isTTY: true, write: (text: string) => drawn.push(text) });
  bar.tick(1, 'half');
  bar.done();
  t.true(drawn.join('').startsWith(`\r\x1b[Krows [${'#'.repeat(15)}${'.'.repeat(15)}]  50% 0s half`));
  t.true(drawn.join('').endsWith('\n'));
});
