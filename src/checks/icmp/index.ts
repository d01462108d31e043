import type { Kit } from '../../schema/kit.js';
import { addressOnly, type CheckerDescriptor, type CheckOf } from '../probing/descriptor.js';

export type IcmpCheck = CheckOf<'icmp', typeof options>;

/** The longest payload of an IPv4 ping: 65535 less the two headers. */
const MAX_ICMP_PAYLOAD = 65_507;

const options = ({ integer }: Kit) => ({
  payload_size: integer('a payload size', 0, MAX_ICMP_PAYLOAD).default(56).describe('Bytes of payload'),
});

export const icmp = {
  options,
  target: { defaultPort: 0, schemes: { icmp: false }, url: addressOnly },
} satisfies CheckerDescriptor;
