/** What each version of VRRP has: one is chosen for an instance, or for all. */
import { type Nanoseconds, NS_PER_MS, NS_PER_S, ns } from '../../../model/units.js';
import type { Report, Steps } from '../../../schema/report.js';
import type { Draft } from '../../../schema/walk.js';
import { formatHumantime } from '../../../wire/text/humantime.js';
import { type InstanceDocument, SHORTEST_INTERVAL } from './schema.js';

/** The Max Advertise Interval has 12 bits (RFC 9568 section 5.2.7). */
const LONGEST_OF_VERSION_3 = ns(40_950 * NS_PER_MS);

type InstanceDraft = Pick<
  Draft<InstanceDocument>,
  'version' | 'advert_interval' | 'checksum' | 'dialect' | 'authentication'
>;

export const versionRules = (
  instance: InstanceDraft,
  family: 'ipv4' | 'ipv6' | null,
  common: 2 | 3 | undefined,
  path: Steps,
  report: Report,
): void => {
  if (instance.advert_interval !== undefined) {
    interval(instance.advert_interval, instance.version ?? common, [...path, 'advert_interval'], report);
  }
  if ((instance.version ?? common) === 2) version2(instance, family, path, report);
  else if (instance.authentication?.type === 'password') {
    const what = 'version 3 has no password (RFC 9568 section 9)';
    report.error([...path, 'authentication'], `${what}: write 'version: 2' for IPv4, or use type: hmac`);
  }
};

const interval = (wanted: Nanoseconds, version: 2 | 3 | undefined, at: Steps, report: Report): void => {
  const shown = `'${formatHumantime(wanted)}'`;
  if (version !== 2) {
    if (wanted <= LONGEST_OF_VERSION_3) return;
    report.error(at, `${shown} is too long: ${formatHumantime(SHORTEST_INTERVAL)} to 40s 950ms are allowed`);
  } else if (wanted % NS_PER_S !== 0) {
    report.error(at, `${shown} is not a whole number of seconds, which version 2 counts in: 1s to 255s are allowed`);
  }
};

const version2 = (instance: InstanceDraft, family: 'ipv4' | 'ipv6' | null, path: Steps, report: Report): void => {
  const at = (option: string): Steps => [...path, option];
  if (family === 'ipv6') {
    report.error(at('version'), "version 2 is for IPv4 alone: write 'version: 3' in an instance of IPv6 addresses");
  }
  if (instance.dialect === 'seesaw') {
    report.error(at('dialect'), "the dialect seesaw is one of version 3: write 'version: 3', or dialect: rfc");
  }
  if (instance.checksum === 'pseudo-header') {
    report.error(at('checksum'), 'version 2 has its checksum over the message alone: auto or message is allowed');
  }
};
