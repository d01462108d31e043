/** The options that every check has, and those of TLS. */
import { z } from 'zod';
import { NS_PER_MS, NS_PER_S, ns } from '../model/units.js';
import { ipAddress } from './addresses.js';
import { bool, duration, filePath, integer, number, percentOf, port, refuse, text, word } from './leaves.js';
import { map } from './maps.js';
import { say, show } from './messages.js';

/** Shorter intervals measure this program and not the backend. */
const MIN_INTERVAL = ns(10 * NS_PER_MS);
const MAX_INTERVAL = ns(86_400 * NS_PER_S);

export const MAX_JITTER = 0.5;

const jitter = () =>
  z
    .union([z.number(), z.string()], { error: say('a fraction of the interval', '0 to 0.5, or 0% to 50%, is allowed') })
    .transform((input, context): number => {
      const fraction = typeof input === 'number' ? input : percentOf(input) / 100;
      if (fraction >= 0 && fraction <= MAX_JITTER) return fraction;
      return refuse(
        context,
        input,
        `${show(input)} is no fraction of the interval: 0 to 0.5, or 0% to 50%, is allowed`,
      );
    });

const backoff = () =>
  map({
    factor: number('a factor', 1, 10).default(2).describe('Each failure multiplies the interval by it'),
    max: duration({ min: MIN_INTERVAL, max: MAX_INTERVAL })
      .optional()
      .describe('The longest interval; default: a minute, or the interval where that is longer'),
  });

export const checkCommon = {
  interval: duration({ min: MIN_INTERVAL, max: MAX_INTERVAL })
    .prefault('10s')
    .describe('Time from the start of one probe to the start of the next'),
  timeout: duration({ min: ns(NS_PER_MS), max: MAX_INTERVAL })
    .optional()
    .describe('Limit for the whole probe, at most the interval; default: 5s, or the interval where that is shorter'),
  retries: integer('a number of failures', 0, 1000)
    .default(0)
    .describe('Consecutive failures that a healthy target survives'),
  rise: integer('a number of successes', 1, 1000)
    .default(1)
    .describe('Consecutive successes that make an unhealthy target healthy'),
  retry_interval: duration({ min: MIN_INTERVAL, max: MAX_INTERVAL })
    .nullable()
    .default(null)
    .describe(
      'Time from one probe to the next while retries or rise are counted, at most the interval; default: the interval',
    ),
  backoff: backoff().nullable().default(null).describe('Slows down the probes of a failing target; default: never'),
  jitter: jitter().prefault(0).describe('Random shift of each probe, as a fraction of the interval'),
  mode: word(['plain', 'dsr', 'tun'])
    .default('plain')
    .describe('dsr and tun send the probe to the virtual address, as clients do, and steer it to the backend'),
  source: ipAddress().nullable().default(null).describe('Local address to probe from'),
  port: port().nullable().default(null).describe("Port to probe; default: the backend's"),
};

export const tlsOptions = {
  tls: bool().default(false).describe('Speaks TLS'),
  tls_verify: bool().default(true).describe('Refuses a certificate that is not valid for the name'),
  server_name: text('a server name', { max: 253 })
    .nullable()
    .default(null)
    .describe('Name for SNI and for the certificate; default: the target'),
  ca_file: filePath()
    .nullable()
    .default(null)
    .describe('PEM file of the authorities to trust; default: those of Node.js'),
  cert_file: filePath().nullable().default(null).describe('PEM file of the client certificate'),
  key_file: filePath().nullable().default(null).describe("PEM file of the client certificate's key"),
};
