/** How an instance's adverts prove where they come from. */
import { z } from 'zod';
import { NS_PER_S, ns } from '../../../model/units.js';
import { duration, integer, secret, word } from '../../../schema/leaves.js';
import { map } from '../../../schema/maps.js';
import { say, saySecretly } from '../../../schema/messages.js';
import type { Report, Steps } from '../../../schema/report.js';
import type { Draft } from '../../../schema/walk.js';
import { keyBytes, MAX_KEY_BYTES, MIN_KEY_BYTES } from '../../../wire/vrrp/hmac-key.js';
import { AUTHENTICATION_BYTES } from '../../../wire/vrrp/version-2.js';

const PASSWORD = 'a password of version 2';
const fits = (text: string): boolean => Buffer.byteLength(text) <= AUTHENTICATION_BYTES;

const password = map({
  type: z.literal('password').describe('What it is'),
  password: secret(PASSWORD, AUTHENTICATION_BYTES)
    .refine(fits, { error: saySecretly(PASSWORD, `text of at most ${AUTHENTICATION_BYTES} bytes in UTF-8 is allowed`) })
    .describe('Version 2: sent in the clear, the same on all nodes; at most 8 bytes'),
});

const MAX_KEYS = 255;
const KEY = `hex: and two digits for each of ${MIN_KEY_BYTES} to ${MAX_KEY_BYTES} bytes, or text of as many, is allowed`;
const keyError = saySecretly('a key', `${KEY} (openssl rand -hex 32 makes one)`);
const keyIdError = say('a key id', `1 to ${MAX_KEYS} are allowed`);
const keyId = z.string({ error: keyIdError }).regex(/^(?:[1-9][0-9]?|1[0-9]{2}|2[0-4][0-9]|25[0-5])$/u, {
  error: keyIdError,
});
const key = z.string({ error: keyError }).refine((text) => keyBytes(text) !== null, { error: keyError });

/** As keepalived's `auth_hmac`. */
const hmac = map({
  type: z.literal('hmac').describe('What it is'),
  keys: z
    .record(keyId, key, { error: say('a map of keys', '{ 1: "hex:..." } is allowed') })
    .describe('HMAC: the secret keys by their ids (1-255), the same on all nodes: `hex:` and 32 to 64 bytes, or text'),
  active: integer('a key id', 1, MAX_KEYS).describe(
    'HMAC: the id of the key that signs; each of the others is accepted',
  ),
  mode: word(['enforce', 'permissive', 'receive-only'])
    .default('enforce')
    .describe('HMAC: permissive accepts unsigned adverts too; receive-only signs none either'),
  anti_replay: word(['time', 'monotonic'])
    .default('time')
    .describe('HMAC: time needs clocks that agree; monotonic only asks that the clock of each sender grows'),
  time_window: duration({ min: ns(NS_PER_S), max: ns(300 * NS_PER_S), step: ns(NS_PER_S) })
    .nullable()
    .default(null)
    .describe('HMAC: how far clocks may be apart, 1s to 300s; default: three intervals, at least 5s'),
});

export const authentication = z.discriminatedUnion('type', [password, hmac], {
  error: () => 'authentication is a map with a type: one of password, hmac',
});

type AuthenticationDraft = Draft<z.output<typeof authentication>> | null | undefined;

export const authenticationRules = (wanted: AuthenticationDraft, dialect: string, at: Steps, report: Report): void => {
  if (wanted?.type !== 'hmac') return;
  const { keys, active } = wanted;
  if (dialect === 'seesaw') report.error(at, 'adverts of the dialect seesaw have no authentication: leave it out');
  if (keys === undefined || active === undefined || Object.hasOwn(keys, String(active))) return;
  const known = Object.keys(keys).join(', ');
  report.error(
    [...at, 'active'],
    `there is no key ${active}: ${known === '' ? 'no keys are given' : `there are ${known}`}`,
  );
};
