import { randomBytes, randomInt } from 'node:crypto';
import type { Checker, CheckerContext } from '../../model/probe.js';
import { encodeAccessRequest, type RadiusAnswer, readAnswer } from '../../wire/radius/packet.js';
import { createChecker, type Probe, resolveTarget } from '../probing/probe.js';
import { healthy, SetupError } from '../probing/probe-result.js';
import { MAX_IGNORED_DATAGRAMS, openDatagramSocket } from '../udp/checker.js';
import type { RadiusCheck } from './index.js';

const NAS_IDENTIFIER = 'fulcrum';

/** Asks for access once. Answers that a server without the secret could have sent are passed over. */
export function createRadiusChecker(context: CheckerContext): Checker<RadiusCheck> {
  return createChecker(context, (probe, spec) => {
    const { username, password, secret } = spec.check;
    const identifier = randomInt(256);
    const authenticator = randomBytes(16);
    const request = { identifier, authenticator, username, password, secret, nasIdentifier: NAS_IDENTIFIER };
    const packet = encodeAccessRequest(request);
    if (packet === null) throw new SetupError('the user name or the password is longer than RADIUS allows');
    resolveTarget(probe, context, spec.host, (address) => {
      openDatagramSocket(probe, spec, address, (socket) => {
        let ignored = 0;
        socket.on('message', (datagram) => {
          const read = readAnswer(datagram, request);
          if (read.kind === 'answer') {
            judge(probe, spec.check.expect, read.answer);
            return;
          }
          ignored += 1;
          if (ignored > MAX_IGNORED_DATAGRAMS) {
            probe.refuse('protocol', `more than ${MAX_IGNORED_DATAGRAMS} answers ignored, the last for ${read.reason}`);
            return;
          }
          probe.describe = () =>
            `${ignored} ${ignored === 1 ? 'answer' : 'answers'} ignored, the last for ${read.reason}`;
        });
        probe.phase = 'query';
        socket.send(packet, (error) => {
          if (error !== null) probe.fail(error);
        });
      });
    });
  });
}

function judge(probe: Probe, expected: RadiusCheck['expect'], answer: RadiusAnswer): void {
  if (expected === 'any' || expected === answer) probe.end(healthy(`access-${answer}`));
  else probe.refuse(expected === 'accept' ? 'auth' : 'status', `access-${answer}, expected access-${expected}`);
}

export { createRadiusChecker as create };
