import type { Kit } from '../../schema/kit.js';
import { say } from '../../schema/messages.js';
import type { CheckerDescriptor, CheckOf, TargetUrl } from '../probing/descriptor.js';

export type GrpcCheck = CheckOf<'grpc', typeof options>;

const options = ({ bool, text, tlsOptions, z }: Kit) => ({
  service: z
    .string({ error: say('a service name', 'text is allowed') })
    .max(1024)
    .default('')
    .describe('Service to ask for; empty: the whole server'),
  authority: text('an authority', { max: 255 })
    .nullable()
    .default(null)
    .describe('The :authority; default: the target'),
  ...tlsOptions,
  watch: bool().default(false).describe('Uses the Watch stream: what it tells is there at once, not at the next probe'),
});

/** The path is the service to ask for. */
function optionsOfUrl({ url, tls }: TargetUrl): Readonly<Record<string, unknown>> {
  const service = url.pathname.slice(1);
  return { ...(tls ? { tls } : {}), ...(service === '' ? {} : { service }) };
}

export const grpc = {
  options,
  target: { defaultPort: null, schemes: { grpc: false, grpcs: true }, url: optionsOfUrl },
} satisfies CheckerDescriptor;
