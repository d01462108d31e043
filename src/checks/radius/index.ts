import type { Kit } from '../../schema/kit.js';
import { addressOnly, type CheckerDescriptor, type CheckOf } from '../probing/descriptor.js';

export type RadiusCheck = CheckOf<'radius', typeof options>;

const options = ({ text, secret, word }: Kit) => ({
  // A User-Name is one attribute (RFC 2865 section 5.1); a password at most 128 bytes (section 5.2).
  username: text('a user name', { max: 253 }).describe('User-Name'),
  password: secret('a password', 128).describe('User-Password'),
  secret: secret('a shared secret', 253).describe('The secret shared with the server'),
  expect: word(['accept', 'challenge', 'reject', 'any']).default('accept').describe('The answer that is good'),
});

export const radius = {
  options,
  target: { defaultPort: 1812, schemes: { radius: false }, url: addressOnly },
} satisfies CheckerDescriptor;
