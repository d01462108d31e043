import type { z } from 'zod';
import { NS_PER_MS, NS_PER_S, ns } from '../../model/units.js';
import { allowRule, listen } from '../../schema/addresses.js';
import { bool, duration, filePath } from '../../schema/leaves.js';
import type { ModelOf } from '../../schema/mapping.js';
import { list, map } from '../../schema/maps.js';
import { plainSection } from '../section.js';

export type AgentConfig = ModelOf<z.output<typeof schema>>;

/** HAProxy gives an agent two seconds, so a whole answer must fit in them. */
const agentTimeout = () => duration({ min: ns(NS_PER_MS), max: ns(60 * NS_PER_S) });

const schema = map({
  listen: listen().prefault('0.0.0.0:5555').describe("For HAProxy's agent checks"),
  metrics: listen().nullable().default(null).describe("A listener for the agent's metrics alone"),
  connect_timeout: agentTimeout().prefault('1s').describe('Limit for a connection to a backend'),
  rpc_timeout: agentTimeout().prefault('1500ms').describe('Limit for a health RPC'),
  allow_clients: list(allowRule(), 'address rules').prefault(['loopback', 'private']).describe('Who may ask'),
  allow_targets: list(allowRule(), 'address rules').prefault(['any']).describe('Which backends may be asked about'),
  reasons: bool().default(false).describe('Adds the cause to a negative answer: down #reason'),
  weights: bool().default(false).describe('Answers with the load that a backend declares, as NN%'),
  use_check_results: bool()
    .default(false)
    .describe("Answers from the daemon's own results where it checks that backend"),
  ca_file: filePath().nullable().default(null).describe('PEM file of the authorities to trust'),
  tls_verify: bool().default(true).describe('Refuses invalid certificates'),
});

export const agent = plainSection(
  schema.nullable().default(null).describe('The HAProxy agent; none without this section'),
);
