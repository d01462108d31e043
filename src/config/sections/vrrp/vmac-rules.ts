/** What a virtual MAC address needs of its instance, and what it has by default. */
import type { VirtualMacConfig } from '../../../model/config.js';
import type { Family } from '../../../model/ip-address.js';
import { type Report, type Steps, Unique } from '../../../schema/report.js';
import type { Draft } from '../../../schema/walk.js';
import { OWNER_PRIORITY } from '../../../wire/vrrp/advert.js';
import { familyOfInstance } from './family.js';
import type { InstanceDocument } from './schema.js';

const nameOf = (vrid: number, family: Family | null): string => `vrrp${family === 'ipv6' ? '6' : ''}.${vrid}`;

export function filledVmac(instance: InstanceDocument): false | VirtualMacConfig {
  const { vmac: wanted, vrid, mode } = instance;
  if (wanted === false) return false;
  const { interface: name = null, transmit = null } = wanted === true ? {} : wanted;
  return {
    interface: name ?? nameOf(vrid, familyOfInstance(instance)),
    transmit: transmit ?? (mode === 'unicast' ? 'base' : 'vmac'),
  };
}

export class VmacRules {
  readonly #report: Report;
  readonly #names: Unique;

  constructor(report: Report) {
    this.#report = report;
    this.#names = new Unique(report);
  }

  add(instance: Draft<InstanceDocument>, family: Family | null, path: Steps): void {
    const { vmac: wanted, vrid } = instance;
    if (wanted === undefined || wanted === false) return;
    const at = [...path, 'vmac'];
    const { interface: given, transmit } = wanted === true ? {} : wanted;
    const name = given ?? (vrid === undefined ? undefined : nameOf(vrid, family));
    this.#names.add(name, at, (first) => `the interface ${name} is already made for ${first}: name another one here`);
    if (name === instance.interface) {
      this.#report.error(at, `${name} is the interface of the instance: name one that is made over it`);
    }
    if (transmit === 'vmac' && instance.mode === 'unicast') {
      const why = 'unicast adverts go by the routes of the interface below';
      this.#report.error([...at, 'transmit'], `${why}: 'base' is allowed with mode unicast`);
    }
    if (instance.priority === OWNER_PRIORITY) {
      const why = `the owner (priority ${OWNER_PRIORITY}) has its addresses on the interface itself`;
      this.#report.error(at, `${why}: give it a priority up to ${OWNER_PRIORITY - 1}, or leave vmac out`);
    }
  }
}
