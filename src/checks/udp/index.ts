import type { Kit } from '../../schema/kit.js';
import { addressOnly, type CheckerDescriptor, type CheckOf } from '../probing/descriptor.js';

export type UdpCheck = CheckOf<'udp', typeof options>;

const options = ({ bytes }: Kit) => ({
  send: bytes().prefault('').describe('The datagram; text with C escapes, and empty is allowed'),
  receive: bytes().prefault('').describe('The reply must begin with it; empty: any reply is good'),
});

export const udp = {
  options,
  target: { defaultPort: null, schemes: { udp: false }, url: addressOnly },
} satisfies CheckerDescriptor;
