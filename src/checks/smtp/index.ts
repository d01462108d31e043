import type { Kit } from '../../schema/kit.js';
import { say } from '../../schema/messages.js';
import type { Report, Steps } from '../../schema/report.js';
import type { CheckerDescriptor, CheckOf, OptionsDraft } from '../probing/descriptor.js';

export type SmtpCheck = CheckOf<'smtp', typeof options>;

/** They are asked one after the other, in the time of one probe. */
const MAX_HOSTS = 16;

const NAME = say('a name to say in EHLO', 'a host name, or an address such as [10.0.0.1], is allowed');

const options = ({ bool, endpoint, list, tlsOptions, z }: Kit) => ({
  helo: z
    .string({ error: NAME })
    .regex(/^[\x21-\x7e]{1,255}$/, { error: NAME })
    .nullable()
    .default(null)
    .describe("The name to say in EHLO; default: this host's name"),
  starttls: bool().default(false).describe('Goes on in TLS by STARTTLS; tls speaks TLS from the start'),
  hosts: list(endpoint('a mail server'), 'mail servers')
    .prefault([])
    .describe('Mail servers that must all answer, asked one after the other; an empty list: the backend'),
  ...tlsOptions,
});

const rules = (check: OptionsDraft<typeof options> & { mode?: string }, path: Steps, report: Report): void => {
  if (check.starttls && check.tls) report.error([...path, 'starttls'], 'after tls: true, TLS is there: leave one out');
  const count = check.hosts?.length ?? 0;
  if (count > MAX_HOSTS) report.error([...path, 'hosts'], `${count} mail servers: at most ${MAX_HOSTS} are allowed`);
  if (check.mode !== 'plain' && check.mode !== undefined && count > 0) {
    report.error([...path, 'hosts'], `mode: ${check.mode} probes the virtual address: leave hosts out`);
  }
};

export const smtp = {
  options,
  rules,
  target: {
    defaultPort: 25,
    defaultTlsPort: 465,
    schemes: { smtp: false, smtps: true },
    url: ({ tls }) => (tls ? { tls } : {}),
  },
} satisfies CheckerDescriptor;
