/** What holds between the services, and inside each. */
import { driverNamed } from '../../../dataplane/drivers.js';
import { netmaskOf } from '../../../model/dataplane/netmask.js';
import { show } from '../../../schema/messages.js';
import { type Report, type Steps, Unique } from '../../../schema/report.js';
import { isUnnamedFlag } from '../../../wire/ipvs/types.js';
import { nearest } from '../../../wire/text/nearest.js';
import { checkRules, namedCheckRules } from '../checks/rules.js';
import { backendRules } from './backends.js';
import { placeRules } from './places.js';
import { type ServiceDraft, type ServiceScope, type ServiceSubject, serviceFamilies } from './scope.js';
import { serverRules } from './servers.js';
import { Spread } from './spread.js';

export const serviceRules = (subject: ServiceSubject, report: Report): void => {
  const used = new Set<string>();
  const driver = driverNamed(subject.document.dataplane?.driver);
  const scope: ServiceScope = {
    subject,
    report,
    spread: new Spread(report),
    driver,
    resolveCheck: checkResolver(subject, report, used),
  };
  const names = new Unique(report);
  const places = new Unique(report);
  subject.document.services?.forEach((service, index) => {
    if (service === undefined) return;
    const path = ['services', index];
    names.add(service.name, [...path, 'name'], (first) => `the name '${service.name}' is taken by ${first}`);
    placeRules(service, path, scope, places);
    options(service, path, scope);
    for (const { at, kind, message } of driver?.shortcomings(service) ?? []) {
      if (kind === 'refused') report.error([...path, ...at], message);
      else report.warning([...path, ...at], message);
    }
    watermarks(service, path, scope);
    granularity(service, path, report);
    if (service.sorry) {
      const { address, port, forwarding, tunnel } = service.sorry;
      serverRules(service, { what: 'sorry server', address, port, forwarding, tunnel }, [...path, 'sorry'], scope);
    }
    backendRules(service, path, scope);
  });
  namedCheckRules(subject.document.checks ?? {}, used, report);
};

const checkResolver = (subject: ServiceSubject, report: Report, used: Set<string>): ServiceScope['resolveCheck'] => {
  const named = subject.document.checks ?? {};
  const known = Object.keys(named);
  return (entry, path) => {
    if (typeof entry !== 'string') {
      checkRules(entry, path, report);
      return entry;
    }
    used.add(entry);
    if (Object.hasOwn(named, entry)) return named[entry];
    const near = nearest(entry, known);
    const hint = near === undefined ? 'there are no named checks' : `the nearest known check is '${near}'`;
    report.error(path, `there is no check '${entry}' under checks: ${hint}`);
    return undefined;
  };
};

const options = (service: ServiceDraft, path: Steps, { report }: ServiceScope): void => {
  const { scheduler, protocol } = service;
  service.scheduler_flags?.forEach((flag, index) => {
    if (flag === undefined || scheduler === undefined) return;
    const owner = isUnnamedFlag(flag) ? scheduler : flag.slice(0, 2);
    if (owner !== scheduler) {
      report.error(
        [...path, 'scheduler_flags', index],
        `'${flag}' is a flag of the scheduler ${owner}, not of ${scheduler}`,
      );
    }
  });
  if (service.one_packet && protocol !== undefined && protocol !== 'udp') {
    report.error([...path, 'one_packet'], `only udp is scheduled packet by packet, and this service is ${protocol}`);
  }
};

const granularity = (service: ServiceDraft, path: Steps, report: Report): void => {
  const net = service.persistence?.granularity;
  if (net === undefined || net === null) return;
  const wrong = serviceFamilies(service).find((family) => netmaskOf(net, family) === null);
  if (wrong === undefined) return;
  const allowed =
    wrong === 'ipv4' ? 'a netmask such as 255.255.255.0, or 1 to 32,' : 'the length of a prefix, 1 to 128,';
  report.error(
    [...path, 'persistence', 'granularity'],
    `${show(net)} is of no ${familyNames[wrong]} net: ${allowed} is allowed`,
  );
};

const familyNames = { ipv4: 'IPv4', ipv6: 'IPv6' } as const;

const watermarks = (service: ServiceDraft, path: Steps, { report }: ServiceScope): void => {
  const { low, high, by } = service.watermarks ?? {};
  const backends = service.backends ?? [];
  const isWeight = by === 'weight';
  const most = isWeight ? backends.reduce((sum, backend) => sum + (backend?.weight ?? 1), 0) : backends.length;
  const all = isWeight ? `weight ${most} of all backends` : `${most} backends`;
  for (const [key, mark] of [
    ['low', low],
    ['high', high],
  ] as const) {
    if (mark?.kind === 'count' && mark.count !== undefined && mark.count > most) {
      report.warning([...path, 'watermarks', key], `${mark.count} is more than the ${all}: never reached`);
    }
  }
  const [lowest, highest] = [amount(low), amount(high)];
  if (low?.kind === high?.kind && lowest > highest && highest > 0) {
    report.warning([...path, 'watermarks', 'high'], 'high is below low: taken as equal to low');
  }
};

const amount = (mark: NonNullable<ServiceDraft['watermarks']>['low']): number =>
  (mark?.kind === 'count' ? mark.count : mark?.kind === 'percent' ? mark.percent : 0) ?? 0;
