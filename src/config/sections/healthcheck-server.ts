import type { z } from 'zod';
import { NS_PER_MS, NS_PER_S, ns } from '../../model/units.js';
import { duration, integer, socketPath, text } from '../../schema/leaves.js';
import type { ModelOf } from '../../schema/mapping.js';
import { map } from '../../schema/maps.js';
import { plainSection } from '../section.js';

export type HealthcheckServerConfig = ModelOf<z.output<typeof schema>>;

/** The original's ranges of these options. */
const schema = map({
  socket: socketPath().default('/var/run/seesaw/healthcheck-proxy.sock').describe('The unix socket (0660)'),
  owner: text('an owner', { max: 128 })
    .nullable()
    .default(null)
    .describe('USER, USER:GROUP or numbers; default: who runs the daemon'),
  batch_delay: duration({ min: ns(NS_PER_MS), max: ns(10 * NS_PER_S) })
    .prefault('100ms')
    .describe('A batch waits so long at most'),
  batch_size: integer('a batch size', 1, 10_000).default(100).describe('A full batch goes at once'),
  notify_interval: duration({ min: ns(100 * NS_PER_MS) })
    .prefault('15s')
    .describe('How often the whole state is sent'),
});

export const healthcheckServer = plainSection(
  schema.nullable().default(null).describe("The health-check server's unix socket; none without this section"),
);
