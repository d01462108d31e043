import test from 'ava';
import { ListenError, listenFailure } from '../../../../src/actors/gateway/listeners/listen-error.js';
import { MissingPrivilegeError } from '../../../../src/model/errors.js';

const failed = (code: string) =>
  listenFailure('control.grpc: cannot listen on x:1', { code, message: `listen ${code}` });

test('a port below 1024 without the right is a missing privilege, by its name', (t) => {
  const error = failed('EACCES');
  t.true(error instanceof MissingPrivilegeError);
  t.like(error, { missing: 'CAP_NET_BIND_SERVICE' });
  t.regex(error.message, /^control\.grpc: cannot listen on x:1: .*CAP_NET_BIND_SERVICE/);
});

test('the others say what to do, or what the system says', (t) => {
  t.true(failed('EADDRINUSE') instanceof ListenError);
  t.regex(failed('EADDRINUSE').message, /another program uses that port; stop it, or choose another port$/);
  t.regex(failed('EADDRNOTAVAIL').message, /this machine does not have that address$/);
  t.regex(failed('ENOTSUP').message, /x:1: listen ENOTSUP$/);
});
