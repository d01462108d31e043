import test from 'ava';
import { fold } from '../../../src/cli/text/fold.js';
import { ago, bytes, duration, microseconds, milliseconds } from '../../../src/cli/text/format.js';
import { coloured, paintFor, plain } from '../../../src/cli/text/paint.js';
import { safe, stateCell, table } from '../../../src/cli/text/table.js';
import { renderTop, type TopModel } from '../../../src/cli/top/render.js';
import { eventLine, eventLines } from '../../../src/cli/views/events.js';
import { findingLines } from '../../../src/cli/views/findings.js';
import {
  actorLines,
  backendLines,
  checkLines,
  ipvsLines,
  serviceLines,
  vrrpLines,
} from '../../../src/cli/views/tables.js';
import { hostPort } from '../../../src/model/ip-address.js';
import { backendFixture, checkFixture, serviceFixture, vrrpFixture } from '../../support/fixtures/views.js';
import { actorView } from '../../support/rigs/gateway-rig.js';

const look = { paint: plain, width: Infinity, nowMs: 0 };

test('times and sizes read as people say them', (t) => {
  t.deepEqual([0, 999, 61_000, 3_600_000, 90_061_000].map(duration), ['0s', '0s', '1m 1s', '1h', '1d 1h']);
  t.is(ago(null, 0), 'never');
  t.is(ago('1970-01-01T00:00:10Z', 15_000), '5s ago');
  t.deepEqual([0, 1023, 1024, 1536, 20 * 1024 ** 2, 2 ** 60].map(bytes), [
    '0 B',
    '1023 B',
    '1.00 KiB',
    '1.50 KiB',
    '20.0 MiB',
    '1024 PiB',
  ]);
  t.deepEqual([0.5, 12.34, 250].map(milliseconds), ['0.50 ms', '12.3 ms', '250 ms']);
  t.deepEqual([3.4, 1500].map(microseconds), ['3 us', '1.50 ms']);
  t.is(hostPort('::1', 80), '[::1]:80');
});

test('a service of several addresses and ports shows all of them', (t) => {
  const several = { addresses: ['10.0.0.100', '10.0.0.101-110', '2001:db8::1'], ports: [80, 443] };
  const [, line = ''] = serviceLines([serviceFixture('web', several)], look);
  t.regex(line, / 10\.0\.0\.100,10\.0\.0\.101-110,\[2001:db8::1\]:80,443 /);
  t.regex(serviceLines([serviceFixture('web')], look)[1] ?? '', / 10\.0\.0\.100:80 /);
});

test('a table is aligned, cut at the width, and coloured without losing its alignment', (t) => {
  const columns = [
    { title: 'NAME', cell: (row: [string, number, string]) => row[0] },
    { title: 'N', align: 'right', cell: (row: [string, number, string]) => row[1] },
    { title: 'STATE', cell: (row: [string, number, string]) => stateCell(row[2]) },
  ] as const;
  const rows: [string, number, string][] = [
    ['a', 1, 'healthy'],
    ['süß', 100, 'unhealthy'],
  ];
  t.deepEqual(table(columns, rows, plain), ['NAME    N  STATE', 'a       1  healthy', 'süß   100  unhealthy']);
  t.deepEqual(table(columns, rows, plain, 16), ['NAME    N  STATE', 'a       1  heal…', 'süß   100  unhe…']);
  const painted = table(columns, rows, coloured);
  t.is(painted[1], 'a       1  \x1b[32mhealthy\x1b[0m');
});

test('control characters of a stranger never reach the terminal', (t) => {
  t.is(safe('a\x1b[2Jb\r\nc\u202ed\u2028'), 'a [2Jb c d ');
  const lines = vrrpLines([vrrpFixture('vi1', { why: '\x1b]0;x\x07' })], look);
  t.false(lines.join('').includes('\x1b'));
});

test('colour is for terminals, and NO_COLOR forbids it', (t) => {
  t.is(paintFor({ isTTY: true }, {}), coloured);
  t.is(paintFor({ isTTY: true }, { NO_COLOR: '1' }), plain);
  t.is(paintFor({ isTTY: true }, { TERM: 'dumb' }), plain);
  t.is(paintFor({}, {}), plain);
});

test('VRRP instances and the table of the data plane', (t) => {
  const [, line, note] = vrrpLines([vrrpFixture('vi1', { effective_priority: 150 })], look);
  t.regex(
    line ?? '',
    /^vi1 +60 +eth0 +master +150 of 200 +322 ms +100 out, 2 in, 1 bad +20 us\/80 us +800 us +10\.0\.0\.3 \(100\)/,
  );
  const peer = {
    address: '10.0.0.3',
    priority: 100,
    resigned: true,
    authenticated: false,
    interval_ms: 100,
    jitter_us: 20,
  };
  t.regex(vrrpLines([vrrpFixture('vi1', { peer })], look)[1] ?? '', / 10\.0\.0\.3 \(100, resigned\) /);
  t.is(note, 'real time: SCHED_FIFO');
  const chk = { kind: 'script', name: 'chk', up: false, priority: -50, fault: false, why: 'exit code 1' } as const;
  const web = { kind: 'process', name: 'web', up: false, priority: 0, fault: true, why: '0 of 1 run' } as const;
  const eth1 = { kind: 'interface', name: 'eth1', up: true, priority: 0, fault: false, why: 'up' } as const;
  t.deepEqual(vrrpLines([vrrpFixture('vi1', { tracked: [chk, web, eth1] })], look).slice(2, 4), [
    'vi1: priority -50 by tracked script chk: exit code 1',
    'vi1: fault by tracked process web: 0 of 1 run',
  ]);
  const held = [
    { kind: 'route', text: '10.9.0.0/16 dev eth1', state: 'absent', why: 'there is no interface eth1' },
    { kind: 'rule', text: 'to 10.9.0.0/16 table 100', state: 'set', why: null },
  ] as const;
  const missing = 'vi1: the route 10.9.0.0/16 dev eth1 is missing: there is no interface eth1';
  t.is(vrrpLines([vrrpFixture('vi1', { held })], look)[2], missing);
  t.false(
    vrrpLines([vrrpFixture('vi1', { held, state: 'backup' })], look).includes(missing),
    'a backup misses nothing',
  );
  const destination = {
    backend: null,
    tunnel: null,
    max_connections: 0,
    extra: null,
    traffic: null,
    address: '2001:db8::1',
    port: 80,
    weight: 3,
    forwarding: 'nat',
    active_connections: 2,
    inactive_connections: 1,
    connections: 9,
    bytes_in: 2048,
    bytes_out: 0,
  };
  const service = {
    name: null,
    address: '',
    port: 0,
    fwmark: 256,
    family: 'ipv4' as const,
    protocol: 'tcp',
    scheduler: 'wrr',
    scheduler_flags: ['flag-1'],
    persistence_s: 300,
    persistence_granularity: null,
    one_packet: false,
    extra: null,
    traffic: null,
  };
  const lines = ipvsLines(
    { driver: 'ipvs', why: 'chosen', services: [{ ...service, destinations: [destination] }] },
    look,
  );
  t.is(lines[0], 'ipvs: chosen');
  t.regex(lines[2] ?? '', /^tcp fwmark 256 \(not ours\) +wrr flag-1, persistent 300 s$/);
  t.regex(lines[3] ?? '', /^ {2}-> \[2001:db8::1\]:80 +nat +3 +2 +1 +9 +2\.00 KiB +0 B$/);
});

test('of an instance with a virtual MAC address it says which, where, and what adverts leave by', (t) => {
  const lines = (transmit: 'vmac' | 'base') =>
    vrrpLines([vrrpFixture('vi1', { vmac: { interface: 'vrrp.60', mac: '00:00:5e:00:01:3c', transmit } })], look);
  t.regex(lines('vmac')[1] ?? '', / eth0, vrrp\.60 /);
  t.is(lines('vmac')[2], 'vi1: virtual MAC address 00:00:5e:00:01:3c on vrrp.60, adverts leave by vrrp.60');
  t.regex(lines('base')[2] ?? '', /adverts leave by eth0$/);
});

test('no line of a table is longer than the terminal is wide, however narrow that is', (t) => {
  const columns = ['NAME', 'ADDRESS', 'STATE', 'WHY'].map((title) => ({ title, cell: () => `${title} of a backend` }));
  for (let width = 1; width < 100; width += 1) {
    for (const line of table(columns, [1, 2], (_, text) => text, width)) t.true([...line].length <= width, line);
  }
});

test('in 80 columns a table keeps its names, states and the beginning of each reason', (t) => {
  const why = 'no advert within the master down interval of the peer';
  const eighty = { ...look, width: 80 };
  const traffic = { active: 123456, inactive: 99, connections: 12345678, bytes_in: 2 ** 40, bytes_out: 2 ** 41 };
  const service = serviceFixture('frontend-of-the-shop', { why, traffic, forwarding: 'dsr', scheduler: 'wrr' });
  const backend = { ...backendFixture('shop-server-12', { why, traffic }), service: service.name };
  const shown = [
    serviceLines([service], eighty),
    backendLines([backend], eighty),
    checkLines([checkFixture({ target: '10.123.123.123:8080', message: why })], eighty),
    vrrpLines([vrrpFixture('vi1', { why })], eighty),
    actorLines([{ ...actorView('dataplane'), last_error: why }], eighty),
  ];
  for (const lines of shown) {
    for (const line of lines) t.true([...line].length <= 80, line);
    t.regex(lines[0] ?? '', /STATE/);
    t.regex(lines[1] ?? '', /no advert within the/, lines.join('\n'));
  }
  t.regex(shown[1]?.[1] ?? '', /^frontend-of-the-shop +shop-server-12 +healthy/);
  t.notRegex(shown[0]?.[0] ?? '', /OUT|TOTAL/);
  t.regex(serviceLines([service], look)[0] ?? '', /CONNS +TOTAL +IN +OUT +WHY$/);
});

test('columns without content make room first, and the highest spare ones next', (t) => {
  const column = (title: string, text: string, spare?: number) => ({
    title,
    cell: () => text,
    ...(spare === undefined ? {} : { spare }),
  });
  const columns = [
    column('A', 'aaaa'),
    column('B', '', 0),
    column('C', 'cccc', 2),
    column('D', 'dddd', 1),
    column('E', 'eeee'),
  ];
  const at = (width: number) => table(columns, [1], plain, width)[1];
  t.is(at(100), 'aaaa     cccc  dddd  eeee');
  t.is(at(22), 'aaaa  cccc  dddd  eeee');
  t.is(at(20), 'aaaa  dddd  eeee');
  t.is(at(12), 'aaaa  eeee');
  t.is(at(8), 'aaaa  e…');
  t.is(table(columns, [], plain, 8).length, 1);
});

test('a long name is cut before a reason is', (t) => {
  const columns = [
    { title: 'NAME', cell: () => 'n'.repeat(60) },
    { title: 'WHY', cell: () => 'it does not answer, and has not for a while' },
  ];
  t.is(table(columns, [1], plain, 50)[1], `${'n'.repeat(23)}…  it does not answer, and…`);
});

test('longer texts are folded at spaces', (t) => {
  t.deepEqual(fold('one two three', 7), ['one two', 'three']);
  t.deepEqual(fold('a-very-long-word and', 5), ['a-very-long-word', 'and']);
  t.deepEqual(fold('', 5), ['']);
  t.deepEqual(fold('a b', Number.POSITIVE_INFINITY), ['a b']);
});

test('what was found is folded, and its command stands whole on a line', (t) => {
  const finding = {
    probe: 'x',
    severity: 'error',
    what: 'w '.repeat(60),
    why: 'y '.repeat(60),
    command: `nft '${'r'.repeat(90)}'`,
  } as const;
  const lines = findingLines([finding, { ...finding, severity: 'info', where: 'lb2' }], { ...look, width: 80 });
  t.true(lines.filter((line) => !line.includes('$ ')).every((line) => line.length <= 80));
  t.true(lines.includes(`         $ ${finding.command}`));
  t.true(lines.includes(`         on lb2: $ ${finding.command}`));
  t.is(lines.at(-1), '1 error, 0 warnings, 1 remark');
});

test('an event is one line, cut at the width', (t) => {
  const event = {
    id: 'e-1',
    type: 'vrrp-state',
    at: '2025-01-02T03:04:05.678Z',
    actor_name: 'vrrp',
    why: 'long '.repeat(30),
    instance: 'vi1',
    from: 'backup',
    to: 'master',
  };
  t.regex(eventLine(event, look), /^03:04:05\.678 {2}vrrp-state {5}vi1 backup -> master: long/);
  t.is([...eventLine(event, { ...look, width: 60 })].length, 60);
});

test('an event of a configuration has a line for each change and each error', (t) => {
  const common = { id: 'e-1', type: 'config', at: '2025-01-02T03:04:05.678Z', actor_name: 'supervisor' };
  const refused = { ...common, why: '2 errors, the first: a', change: 'refused', changes: [], errors: ['a', 'b\n'] };
  t.deepEqual(eventLines(refused, look).slice(1), ['  a', '  b ']);
  const applied = { ...common, why: 'a: added', change: 'applied', changes: ['a: added'], errors: [] };
  t.is(eventLines(applied, look).length, 1);
  const changes = Array.from({ length: 30 }, (_, index) => `services.s${index}: added`);
  const lines = eventLines({ ...common, why: '30 changes', change: 'applied', changes, errors: [] }, look);
  t.is(lines.length, 22);
  t.is(lines.at(-1), '  and 10 more');
});

const model = (backends: number): TopModel => ({
  table: null,
  trouble: null,
  events: [{ id: 'e-1', type: 'alarm', at: '2025-01-02T03:04:05.678Z', actor_name: 'x', why: 'something', alarm: 'a' }],
  status: {
    node: 'n',
    version: '1',
    pid: 1,
    started_at: '',
    uptime_ms: 1000,
    status: 'healthy',
    state: 'healthy',
    why: '',
    changes_over_tcp: false,
    vrrp: [],
    actors: [actorView('engine')],
    dataplane: { driver: 'proxy', why: 'no IPVS' },
    listeners: [],
    hooks: [],
    maintenance: { on: false, since: null },
    services: [
      {
        name: 'web',
        enabled: true,
        healthy: true,
        why: 'fine',
        backends: Array.from({ length: backends }, (_, index) => ({
          name: `b${index}`,
          address: '10.0.0.1',
          port: index + 1,
          weight: 1,
          state: index % 10 === 0 ? ('unhealthy' as const) : ('healthy' as const),
          why: 'w'.repeat(200),
          drained: false,
        })),
      },
    ],
  },
});

test('top fills the terminal exactly, whatever its size, and scrolls as far as there is something', (t) => {
  for (const [columns, rows] of [
    [80, 24],
    [20, 8],
    [200, 60],
    [1, 1],
  ] as const) {
    const { lines } = renderTop(model(100), { columns, rows, scroll: 0, onlyProblems: false }, plain);
    t.true(lines.length <= rows, `${columns}x${rows}`);
    if (columns >= 80) t.true(lines.every((line) => [...line].length <= columns));
  }
  const view = { columns: 80, rows: 24, scroll: 1000, onlyProblems: false };
  const end = renderTop(model(100), view, plain);
  t.is(end.lines.length, 24);
  t.true(end.scroll < 100);
  t.true(end.lines.some((line) => line.includes('b99')));
  t.is(renderTop(model(3), view, plain).scroll, 0);
  const problems = renderTop(model(100), { ...view, onlyProblems: true }, plain).lines.join('\n');
  t.true(problems.includes('b90'));
  t.false(problems.includes('b91'));
});

test('top shows what is the matter while the daemon cannot be reached', (t) => {
  const { lines } = renderTop(
    { ...model(1), trouble: 'cannot reach the daemon' },
    { columns: 80, rows: 24, scroll: 0, onlyProblems: false },
    plain,
  );
  t.regex(lines[0] ?? '', /cannot reach the daemon/);
});
