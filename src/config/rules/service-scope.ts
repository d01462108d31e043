import { type Family, familyOf } from '../schema/addresses.js';
import type { ServiceDocument } from '../schema/services.js';
import type { Draft } from '../schema/walk.js';
import type { CheckDraft } from './checks.js';
import type { Report, Steps, Subject } from './report.js';
import type { Spread } from './spread.js';

export type ServiceDraft = Draft<ServiceDocument>;

/** What the rules of a service need to know of its surroundings. */
export type ServiceScope = {
  readonly subject: Subject;
  readonly report: Report;
  /** Of all services. */
  readonly spread: Spread;
  /** The driver is the embedded proxy, by the document's word. */
  readonly isProxy: boolean;
  /** Resolves an entry of a `checks` list, and reports what is wrong with it. */
  readonly resolveCheck: (entry: string | CheckDraft, path: Steps) => CheckDraft | undefined;
};

/** The family of a service's traffic; null where it is not known. */
export const serviceFamily = (service: ServiceDraft): Family | null => {
  if (service.address !== undefined) return familyOf(service.address);
  return service.fwmark === undefined ? null : (service.family ?? 'ipv4');
};
