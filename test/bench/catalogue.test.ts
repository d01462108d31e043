import test from 'ava';
import { inTurns, joined } from '../../bench/catalogue.js';
import type { Report } from '../../bench/support/report.js';

const report: Report = {
  title: 'One',
  summary: 'In short.',
  sections: [{ kind: 'table', title: 'Figures', note: 'Medians.', columns: ['ms'], rows: [[3]] }],
  data: [3],
};

test('all benches are on one page, each with its command, and one that cannot run says why', async (t) => {
  const order: string[] = [];
  const entries = [
    {
      name: 'broken',
      run: async () => {
        order.push('broken');
        throw new Error('not installed: haproxy');
      },
    },
    {
      name: 'one',
      run: async () => {
        order.push('one');
        return report;
      },
    },
  ];
  const all = joined(await inTurns(entries, { quick: true }));
  t.deepEqual(order, ['broken', 'one']);
  t.regex(all.summary ?? '', /^1 of 2 benches ran/);
  const [broken, one] = all.sections;
  t.like(broken, { title: 'fulcrum bench broken --quick', rows: [['not installed: haproxy']] });
  t.like(one, { title: 'One: Figures', note: '`fulcrum bench one --quick`. In short. Medians.', rows: [[3]] });
  t.like(all.data, { 'fulcrum bench one --quick': [3] });
});
