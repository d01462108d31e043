import test from 'ava';
import { z } from 'zod';
import { allRoutes } from '../../src/actors/gateway/http/route-table.js';
import { DOCUMENT_LIMIT_MS } from '../../src/actors/gateway/listeners/listener-limits.js';
import { answerLimitMs, ControlClient } from '../../src/cli/client.js';
import { CommandError, commandCodes } from '../../src/model/errors.js';
import { startRig } from '../support/rigs/gateway-rig.js';

test('whatever an actor refuses comes out of the client as it went into the API, by each of its codes', async (t) => {
  const codes = [...commandCodes];
  const rig = await startRig(t, {
    behaviour: {
      engine: {
        override: () => {
          const code = codes.shift();
          throw code === undefined ? new TypeError('no code is left') : new CommandError(code, `because of ${code}`);
        },
      },
    },
  });
  const client = new ControlClient({ kind: 'socket', path: rig.socketPath });
  for (const code of commandCodes) {
    const error = await t.throwsAsync(client.post('/api/v1/backends/a/drain', z.unknown()), {
      instanceOf: CommandError,
      message: `because of ${code}`,
    });
    t.is(error?.code, code);
  }
});

test('the client waits for what reads a configuration as long as the daemon does', (t) => {
  const long = allRoutes('1.0.0').filter(
    ({ takesDocument, operationId }) => takesDocument !== undefined || operationId === 'reloadConfig',
  );
  t.is(long.length, 3);
  for (const { path } of long) t.is(answerLimitMs(path), DOCUMENT_LIMIT_MS, path);
  t.is(answerLimitMs('/api/v1/plan?source=file'), DOCUMENT_LIMIT_MS);
  t.true(answerLimitMs('/api/v1/status') < DOCUMENT_LIMIT_MS);
});
