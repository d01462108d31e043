/** VRRPConfig messages: what they change in the running configuration. */
import { z } from 'zod';
import { vrrpRules } from '../../../config/sections/vrrp/rules.js';
import type { VrrpInstanceConfig } from '../../../model/config.js';
import { CommandError, ConfigError, unplacedIssue } from '../../../model/errors.js';
import { canonicalAddress } from '../../../model/ip-address.js';
import { nsFromMs, vrid } from '../../../model/units.js';
import { Report, type Steps } from '../../../schema/report.js';
import type { ControlApi } from '../control-api.js';

const ADDRESS_EXPECTED = { error: 'an IPv4 or IPv6 address is expected' };
const ipAddress = z.union([z.ipv4(), z.ipv6()], ADDRESS_EXPECTED).transform(canonicalAddress);
const address = z.union([z.literal(''), ipAddress], ADDRESS_EXPECTED);
/** Of version 2; what a version allows is a rule. */
const MAX_ADVERT_MS = 255_000;
const ADVERT_STEP_MS = 10;
const MULTICAST_GROUPS = ['224.0.0.18', 'ff02::12'];

/** 0 and the empty text mean: as it is. */
export const vrrpConfigMessage = z.object({
  enabled: z.boolean().nullish(),
  local_addr: address,
  remote_addr: address,
  priority: z.int().max(255, { error: 'a priority is 1-255' }),
  vrid: z.int().max(255, { error: 'a vrid is 1-255' }),
  advert_interval_ms: z.int().refine((ms) => ms <= MAX_ADVERT_MS && ms % ADVERT_STEP_MS === 0, {
    error: `10-${MAX_ADVERT_MS} ms in steps of ${ADVERT_STEP_MS} ms are allowed`,
  }),
  instance: z.string(),
  preempt: z.boolean().nullish(),
});
export type VrrpConfigMessage = z.output<typeof vrrpConfigMessage>;

export class VrrpConfigEditor {
  readonly #api: Pick<ControlApi, 'vrrpInstances' | 'applyVrrp'>;
  /** What `enabled: false` took out, until `enabled: true` brings it back. */
  readonly #takenOut = new Map<string, VrrpInstanceConfig>();
  #turn: Promise<unknown> = Promise.resolve();

  constructor(api: Pick<ControlApi, 'vrrpInstances' | 'applyVrrp'>) {
    this.#api = api;
  }

  /** One after the other: each starts from what the one before made. Answers in words. */
  update(wanted: VrrpConfigMessage): Promise<string> {
    const turn = this.#turn.then(() => this.#update(wanted));
    this.#turn = turn.catch(() => undefined);
    return turn;
  }

  async #update(wanted: VrrpConfigMessage): Promise<string> {
    const configured = await this.#api.vrrpInstances();
    const { present, name } = this.#find(configured, wanted.instance);
    const base = present ?? (wanted.enabled === true ? this.#takenOut.get(name) : undefined);
    if (base === undefined)
      throw new CommandError('ERR_NOT_FOUND', `VRRP instance ${name} is taken out: enable it first`);
    const others = configured.filter((instance) => instance.name !== name);
    const instance = changed(base, wanted);
    refuseWrong(instance, others);
    const instances =
      wanted.enabled === false
        ? others
        : present === undefined
          ? [...others, instance]
          : configured.map((one) => (one.name === name ? instance : one));
    const changes = await this.#api.applyVrrp(instances);
    if (wanted.enabled === false) this.#takenOut.set(name, instance);
    else this.#takenOut.delete(name);
    return changes.length === 0 ? 'nothing changed' : changes.join('; ');
  }

  #find(
    configured: readonly VrrpInstanceConfig[],
    wanted: string,
  ): { readonly name: string; readonly present: VrrpInstanceConfig | undefined } {
    const names = [...configured.map(({ name }) => name), ...this.#takenOut.keys()];
    const name = wanted === '' && names.length === 1 ? names[0] : wanted;
    if (name === undefined || !names.includes(name)) {
      const known = names.length === 0 ? 'none is configured' : `there are ${names.join(', ')}`;
      throw new CommandError('ERR_NOT_FOUND', `there is no VRRP instance ${JSON.stringify(wanted)}: ${known}`);
    }
    return { name, present: configured.find((instance) => instance.name === name) };
  }
}

function changed(base: VrrpInstanceConfig, wanted: VrrpConfigMessage): VrrpInstanceConfig {
  const remote = wanted.remote_addr;
  const transport = MULTICAST_GROUPS.includes(remote)
    ? ({ mode: 'multicast', peers: [] } as const)
    : ({ mode: 'unicast', peers: [remote] } as const);
  return {
    ...base,
    ...(wanted.local_addr === '' ? {} : { source: wanted.local_addr }),
    ...(remote === '' ? {} : transport),
    ...(wanted.priority === 0 ? {} : { priority: wanted.priority }),
    ...(wanted.vrid === 0 ? {} : { vrid: vrid(wanted.vrid) }),
    ...(wanted.advert_interval_ms === 0 ? {} : { advertIntervalNs: nsFromMs(wanted.advert_interval_ms) }),
    ...(wanted.preempt === null || wanted.preempt === undefined ? {} : { preempt: wanted.preempt }),
  };
}

/** The rules of a configuration file, for the instance as it would be beside the others. */
function refuseWrong(instance: VrrpInstanceConfig, others: readonly VrrpInstanceConfig[]): void {
  const report = new Report();
  // What an instance tracks cannot be changed here, and is right already.
  const instances = [...others, instance].map((one) => ({ ...one, advert_interval: one.advertIntervalNs, track: [] }));
  vrrpRules({ document: { vrrp: { instances } }, has: () => true, resolve: (path) => path }, report);
  const issues = report.findings
    .filter(({ severity, path }) => severity === 'error' && path[2] === others.length)
    .map(({ path, message }) => unplacedIssue({ path: fieldOf(path), message }));
  if (issues.length > 0) throw new ConfigError(issues);
}

/** The message's name of what a rule found fault with: `vrrp.instances[0].source` is its `local_addr`. */
const fieldOf = ([, , , option = 'instance']: Steps): string => fields[option] ?? String(option);
const fields: Readonly<Record<string, string>> = {
  source: 'local_addr',
  peers: 'remote_addr',
  advert_interval: 'advert_interval_ms',
};
