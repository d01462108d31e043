import { chmodSync, existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'ava';
import { until } from '../../support/until.js';
import { hook, service, startHooks, stateDirectory } from './rig.js';

const linesOf = (file: string): readonly string[] =>
  existsSync(file) ? readFileSync(file, 'utf8').split('\n').slice(0, -1) : [];
const told = (file: string): { readonly [field: string]: unknown }[] => linesOf(file).map((line) => JSON.parse(line));
/** Keeps what it reads. */
const keeping = (file: string): readonly string[] => ['/bin/sh', '-c', 'cat >> "$0"', file];

test('a command is told each event in order, as a document on stdin', async (t) => {
  const directory = stateDirectory(t);
  const file = join(directory, 'told');
  const hooks = await startHooks(t, directory, [hook({ command: keeping(file), on: ['service-state'] })]);
  for (const healthy of [true, false, true]) hooks.service(healthy);
  hooks.event({ type: 'alarm', alarm: 'x', why: 'not for this hook' });
  await until(() => linesOf(file).length === 3);
  t.deepEqual(
    told(file).map(({ seq, healthy }) => [seq, healthy]),
    [
      [1, true],
      [2, false],
      [3, true],
    ],
  );
  t.like(told(file)[0], {
    node: 'lb1',
    hook: 'tell',
    attempt: 1,
    missed: 0,
    present: false,
    event: 'service-state',
    type: 'service-state',
    service: 'web',
    why: 'so',
  });
});

test("with the format keepalived a command gets keepalived's arguments", async (t) => {
  const directory = stateDirectory(t);
  const file = join(directory, 'told');
  const command = ['/bin/sh', '-c', 'echo "$@" >> "$0"', file, 'own'];
  const hooks = await startHooks(t, directory, [hook({ command, format: 'keepalived' })]);
  for (const to of ['backup', 'master'])
    hooks.event({ type: 'vrrp-state', instance: 'vi1', from: 'init', to, why: '' });
  await until(() => linesOf(file).length === 2);
  t.deepEqual(linesOf(file), ['own INSTANCE vi1 BACKUP 0', 'own INSTANCE vi1 MASTER 0']);
});

test('a failed command runs again, and what follows waits for it', async (t) => {
  const directory = stateDirectory(t);
  const [file, allowed] = [join(directory, 'told'), join(directory, 'allowed')];
  const command = ['/bin/sh', '-c', 'test -e "$0" && cat >> "$1"', allowed, file];
  const hooks = await startHooks(t, directory, [hook({ command })]);
  hooks.service(true);
  hooks.service(false);
  await until(() => hooks.logged.some(({ fields }) => Reflect.get(fields, 'verdict') === 'again'));
  t.deepEqual(linesOf(file), []);
  const item = hooks.items.get('hook/tell');
  t.like(item?.type === 'hook' ? item.view : null, {
    waiting: 2,
    failures: 1,
    last_error: 'it ended with exit code 1',
  });
  writeFileSync(allowed, '');
  await until(() => linesOf(file).length === 2);
  t.deepEqual(
    told(file).map(({ seq }) => seq),
    [1, 2],
  );
});

test('what was not told before the end is told after the next start, and then how things stand', async (t) => {
  const directory = stateDirectory(t);
  const file = join(directory, 'told');
  const first = await startHooks(t, directory, [hook({ command: ['/bin/false'] })]);
  first.service(true);
  first.service(false);
  await until(() => first.logged.some(({ fields }) => Reflect.get(fields, 'verdict') === 'again'));
  await first.stop();
  const second = await startHooks(t, directory, [hook({ command: keeping(file) })]);
  second.state(service(false));
  await until(() => linesOf(file).length === 3);
  t.deepEqual(
    told(file).map(({ seq, healthy, present }) => [seq, healthy, present]),
    [
      [1, true, false],
      [2, false, false],
      [3, false, true],
    ],
  );
  await second.stop();
  const third = await startHooks(t, directory, [hook({ command: keeping(file), resync: false })]);
  third.state(service(false));
  third.service(true);
  await until(() => linesOf(file).length === 4);
  t.like(told(file)[3], { seq: 4, healthy: true, present: false });
});

test('a damaged journal is set aside and told of, and hooks go on', async (t) => {
  const directory = stateDirectory(t);
  const file = join(directory, 'told');
  const first = await startHooks(t, directory, [hook({ command: ['/bin/false'] })]);
  first.service(true);
  await until(() => first.logged.length > 0);
  await first.stop();
  const journal = join(directory, 'hooks.journal');
  writeFileSync(journal, readFileSync(journal, 'utf8').replace('journal', 'jrnl'));
  const second = await startHooks(t, directory, [hook({ command: keeping(file) })]);
  t.like(second.events[0], { type: 'alarm', alarm: 'hooks-journal' });
  t.true(readdirSync(directory).some((name) => name.startsWith('hooks.journal.damaged-')));
  second.state(service(true));
  await until(() => linesOf(file).length === 1);
  t.like(told(file)[0], { seq: 1, healthy: true, present: true });
});

test('where the journal cannot be written, that is told, and hooks are told from memory', async (t) => {
  const directory = stateDirectory(t);
  const file = join(directory, 'told');
  const nowhere = join(directory, 'file');
  writeFileSync(nowhere, '');
  chmodSync(nowhere, 0o400);
  const hooks = await startHooks(t, join(nowhere, 'state'), [hook({ command: keeping(file) })]);
  hooks.service(true);
  hooks.service(false);
  await until(() => linesOf(file).length === 2);
  t.true(hooks.events.some((event) => event.type === 'alarm' && event.alarm === 'hooks-journal'));
});

test('a command that never succeeds is given up, and the next event says so', async (t) => {
  const directory = stateDirectory(t);
  const file = join(directory, 'told');
  const command = ['/bin/sh', '-c', 'grep -v \'"healthy":true\' >> "$0"', file];
  const hooks = await startHooks(t, directory, [hook({ command, retries: 0 })]);
  hooks.service(true);
  hooks.service(false);
  await until(() => linesOf(file).length === 1);
  t.like(told(file)[0], { seq: 2, missed: 1 });
  t.true(hooks.events.some((event) => event.type === 'alarm' && event.alarm === 'hook-failed'));
});
