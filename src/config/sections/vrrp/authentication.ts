/** How an instance's adverts prove where they come from. */
import { z } from 'zod';
import { secret } from '../../../schema/leaves.js';
import { map } from '../../../schema/maps.js';
import { saySecretly } from '../../../schema/messages.js';
import { AUTHENTICATION_BYTES } from '../../../wire/vrrp/version-2.js';

const PASSWORD = 'a password of version 2';
const fits = (text: string): boolean => Buffer.byteLength(text) <= AUTHENTICATION_BYTES;

const password = map({
  type: z.literal('password').describe('What it is: `password`'),
  password: secret(PASSWORD, AUTHENTICATION_BYTES)
    .refine(fits, { error: saySecretly(PASSWORD, `text of at most ${AUTHENTICATION_BYTES} bytes in UTF-8 is allowed`) })
    .describe('Version 2: sent in the clear, the same on all nodes; at most 8 bytes'),
});

export const authentication = z.discriminatedUnion('type', [password], {
  error: () => 'authentication is a map with a type: { type: password, password: "12345678" } is allowed',
});
