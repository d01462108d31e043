/** `persistence`: for how long a client stays on its backend, alone or with the net whose clients count as one. */
import { z } from 'zod';
import { type Granularity, netmaskOf } from '../../../model/dataplane/netmask.js';
import { NS_PER_S, ns } from '../../../model/units.js';
import { duration, durationError, refuse } from '../../../schema/leaves.js';
import { spelled } from '../../../schema/mapping.js';
import { map } from '../../../schema/maps.js';
import { say, show } from '../../../schema/messages.js';
import { formatHumantime } from '../../../wire/text/humantime.js';

const GRANULARITY = 'an IPv4 netmask such as 255.255.255.0, or the length of a prefix from 1 to 128, is allowed';

const granularity = () =>
  z
    .union([z.number(), z.string()], { error: say('a granularity', GRANULARITY) })
    .transform((input, context): Granularity => {
      if (netmaskOf(input, 'ipv4') !== null || netmaskOf(input, 'ipv6') !== null) return input;
      return refuse(context, input, `${show(input)} is not a granularity: ${GRANULARITY}`);
    });

/** IPVS keeps persistence templates for at most a month (ipvsadm's MAX_TIMEOUT); a timer here holds 24 days. */
const timeout = () => duration({ min: ns(NS_PER_S), step: ns(NS_PER_S) });

const whole = map({
  timeout: timeout().describe('Keeps a client on its backend for so long'),
  granularity: granularity()
    .nullable()
    .default(null)
    .describe('The net whose clients stay together: an IPv4 netmask, or the length of a prefix; default: each alone'),
});

type Persistence = z.output<typeof whole>;

export const persistence = () =>
  spelled(
    z
      .union([timeout(), whole], { error: durationError })
      .transform((value): Persistence => (typeof value === 'number' ? { timeout: value, granularity: null } : value)),
    {
      write: (value) => {
        const time = formatHumantime(value.timeout);
        return value.granularity === null ? time : { timeout: time, granularity: value.granularity };
      },
    },
  );
