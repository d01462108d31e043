/** The HTTP check with nothing but the defaults, for the benches and the tests. */
import { noTls, plainCheck } from '../../src/checks/probing/plain-check.js';
import type { HttpCheck } from '../../src/model/config.js';

export const httpCheck: HttpCheck = {
  ...plainCheck,
  ...noTls,
  type: 'http',
  method: 'GET',
  path: '/',
  host: null,
  headers: {},
  body: null,
  expectedCodes: [{ from: 200, to: 200 }],
  receive: null,
  receiveRegex: null,
  proxy: false,
  http2: false,
  keepAlive: false,
};
