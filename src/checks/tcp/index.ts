import type { Kit } from '../../schema/kit.js';
import type { CheckerDescriptor, CheckOf } from '../probing/descriptor.js';

export type TcpCheck = CheckOf<'tcp', typeof options>;

const options = ({ bytes, tlsOptions }: Kit) => ({
  send: bytes().nullable().default(null).describe('Sent after connecting; text with C escapes'),
  receive: bytes().nullable().default(null).describe('The answer must begin with it; text with C escapes'),
  ...tlsOptions,
});

export const tcp = {
  options,
  target: { defaultPort: null, schemes: { tcp: false, tls: true }, url: ({ tls }) => (tls ? { tls } : {}) },
} satisfies CheckerDescriptor;
