/** Headers of a request. */
import { z } from 'zod';
import { say, saySecretly, show } from './messages.js';

/** RFC 9110 section 5.6.2. */
const TOKEN = /^[!#$%&'*+.^_`|~0-9A-Za-z-]{1,256}$/;

/** `own`: those that cannot be set, in lower case, with what to do instead. */
export const headers = (own: ReadonlyMap<string, string>) =>
  z.record(headerName(own), headerValue(), { error: say('a map of headers', 'names with values are expected') });

const headerName = (own: ReadonlyMap<string, string>) => {
  const error = say('a header name', "letters, digits and !#$%&'*+-.^_`|~ are allowed");
  return z
    .string({ error })
    .regex(TOKEN, { error })
    .refine((input) => !own.has(input.toLowerCase()), {
      error: ({ input }) => `the header ${show(input)} cannot be set: ${own.get(String(input).toLowerCase())}`,
    });
};

const headerValue = () =>
  // A header may carry a credential, so no message shows its value.
  z
    .string({ error: saySecretly('a header value', 'text is allowed') })
    .max(8192, { error: () => 'a header value has at most 8192 characters' })
    .regex(/^[^\p{Cc}]*$/u, { error: () => 'a header value has no line breaks and control characters' });
