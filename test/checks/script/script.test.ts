import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'ava';
import { createScriptChecker } from '../../../src/checks/script/checker.js';
import { nsFromMs } from '../../../src/model/units.js';
import { probeOnce, scriptCheck, summary } from '../../support/fixtures/checks.js';
import { needs } from '../../support/needs.js';

const probe = async (command: readonly string[], changed = {}): Promise<string> =>
  summary(await probeOnce(createScriptChecker, { port: 8080 }, { ...scriptCheck, command, ...changed }));
const sh = (script: string, changed = {}): Promise<string> => probe(['/bin/sh', '-c', script], changed);

test('the exit code decides, and what the script says is told', async (t) => {
  t.is(await probe(['/bin/true']), 'healthy: exit code 0');
  t.is(await sh('echo 3 workers; echo "\\tall busy" >&2; exit 1'), 'status: exit code 1: 3 workers all busy');
  t.is(await sh('exit 100'), 'status: exit code 100');
  t.is(await sh('kill -9 $$'), 'status: the script was ended by SIGKILL');
});

test('with weight_from: exit_code the code is the weight too, as with misc_dynamic', async (t) => {
  const look = async (code: number) => {
    const check = { ...scriptCheck, command: ['/bin/sh', '-c', `exit ${code}`], weightFrom: 'exit_code' as const };
    const outcome = await probeOnce(createScriptChecker, { port: 8080 }, check);
    return [summary(outcome), outcome.kind === 'healthy' ? (outcome.weight ?? null) : null];
  };
  t.deepEqual(await look(0), ['healthy: exit code 0', null], 'the weight stays as it is');
  t.deepEqual(await look(1), ['status: exit code 1', null]);
  t.deepEqual(await look(2), ['healthy: exit code 2', { kind: 'set', weight: 0 }]);
  t.deepEqual(await look(255), ['healthy: exit code 255', { kind: 'set', weight: 253 }]);
});

test('it is told the address and the port, and nothing else of ours', async (t) => {
  t.is(await sh('echo $FULCRUM_ADDRESS $FULCRUM_PORT $HOME'), 'healthy: exit code 0: 127.0.0.1 8080');
});

test('output without end is cut', async (t) => {
  t.regex(await sh('yes | head -c 1000000'), /^healthy: exit code 0: (?:y )+y?\.\.\.$/);
});

test('a script that takes too long is killed', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'fulcrum-script-'));
  t.teardown(() => rmSync(folder, { recursive: true, force: true }));
  const mark = join(folder, 'mark');
  t.regex(
    await sh(`sleep 600; touch ${mark}`, { timeoutNs: nsFromMs(1500) }),
    /^timeout: timed out after 1s 500ms in query/,
  );
  t.false(existsSync(mark));
});

test('one that cannot be run says nothing of the backend', async (t) => {
  t.regex(await probe(['/nowhere/check']), /^error: .*\/nowhere\/check/);
  t.regex(await probe(['/bin/true'], { user: 'nobody-knows-me' }), /^error: .*nobody-knows-me/);
});

needs('root')('it runs as the user that is asked for', async (t) => {
  t.is(await sh('id -un', { user: 'nobody' }), 'healthy: exit code 0: nobody');
});
