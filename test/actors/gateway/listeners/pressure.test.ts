import { IncomingMessage, ServerResponse } from 'node:http';
import { Socket } from 'node:net';
import test from 'ava';
import { MAX_UNSENT_OF_CLIENT } from '../../../../src/actors/gateway/listeners/listener-limits.js';
import { Pressure } from '../../../../src/actors/gateway/listeners/pressure.js';

const MIB = 1024 * 1024;
const response = () => new ServerResponse(new IncomingMessage(new Socket()));
const at = (address: string) => ({ door: 'tcp', address }) as const;

test('a client that never reads its answers leaves memory to others', (t) => {
  const pressure = new Pressure();
  const sent = response();
  pressure.holder(at('10.0.0.1'), sent)(MAX_UNSENT_OF_CLIENT - MIB);
  t.throws(() => pressure.holder(at('10.0.0.1'), response())(2 * MIB), { message: /do not read their answers/ });
  t.notThrows(() => pressure.holder(at('10.0.0.2'), response())(8 * MIB));
  sent.emit('close');
  t.notThrows(() => pressure.holder(at('10.0.0.1'), response())(2 * MIB));
});

test('an answer that is larger than the limit is sent to a client that has no other', (t) => {
  const pressure = new Pressure();
  pressure.holder(at('10.0.0.1'), response())(100 * MIB);
  t.throws(() => pressure.holder(at('10.0.0.1'), response())(1), { message: /do not read their answers/ });
  t.notThrows(() => pressure.holder(at('10.0.0.2'), response())(8 * MIB));
});
