import type { DriverDescriptor } from '../../../dataplane/descriptor.js';
import { parseRange } from '../../../model/address-range.js';
import type { Family } from '../../../model/ip-address.js';
import type { Report, Steps, Subject } from '../../../schema/report.js';
import type { Draft } from '../../../schema/walk.js';
import type { CheckDraft } from '../checks/rules.js';
import type { ServiceDocument } from './schema.js';
import type { Spread } from './spread.js';

export type ServiceDraft = Draft<ServiceDocument>;
/** A VRRP instance, as far as services care. */
type AddressesDraft = readonly ({ readonly address?: string | undefined } | undefined)[] | undefined;
type InstanceDraft = { readonly addresses?: AddressesDraft; readonly extra_addresses?: AddressesDraft };
export type ServiceSubject = Subject<{
  readonly services?: readonly (ServiceDraft | undefined)[] | undefined;
  readonly checks?: Readonly<Record<string, CheckDraft | undefined>> | undefined;
  readonly vrrp?: { readonly instances?: readonly (InstanceDraft | undefined)[] | undefined } | undefined;
  readonly dataplane?: { readonly driver?: string | undefined; readonly sync?: object | null | undefined } | undefined;
}>;

/** What the rules of a service need to know of its surroundings. */
export type ServiceScope = {
  readonly subject: ServiceSubject;
  readonly report: Report;
  /** Of all services. */
  readonly spread: Spread;
  /** The one that the document names; undefined where it leaves the choice to `auto`. */
  readonly driver: DriverDescriptor | undefined;
  /** Resolves an entry of a `checks` list, and reports what is wrong with it. */
  readonly resolveCheck: (entry: string | CheckDraft, path: Steps) => CheckDraft | undefined;
};

/** The families of all its traffic, as far as they are known. */
export const serviceFamilies = (service: ServiceDraft): readonly Family[] => {
  const others =
    service.addresses?.flatMap((text) => (text === undefined ? [] : (parseRange(text)?.family ?? []))) ?? [];
  const first = serviceFamily(service);
  return first === null ? others : [...new Set([first, ...others])];
};

/** The family of a service's traffic (of several addresses the first's); null where it is not known. */
export const serviceFamily = (service: ServiceDraft): Family | null => {
  const address = service.address ?? service.addresses?.[0];
  if (address !== undefined) return parseRange(address)?.family ?? null;
  return service.fwmark === undefined ? null : (service.family ?? 'ipv4');
};
