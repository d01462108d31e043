/** The HTTP check with nothing but the defaults, for the benches and the tests. */

import type { HttpCheck } from '../../src/checks/http/index.js';
import { noTls, plainCheck } from '../../src/checks/probing/plain-check.js';

export const httpCheck: HttpCheck = {
  ...plainCheck,
  ...noTls,
  type: 'http',
  method: 'GET',
  path: '/',
  paths: [],
  host: null,
  headers: {},
  body: null,
  expectedCodes: [{ from: 200, to: 200 }],
  receive: null,
  receiveRegex: null,
  digest: null,
  proxy: false,
  http2: false,
  keepAlive: false,
};
