/** Whole configurations from the few values that a VRRP test cares about. */
import type { Config, VrrpConfig, VrrpInstanceConfig } from '../../src/config/model.js';
import { ns, nsFromMs, vrid } from '../../src/wire/units.js';

export type InstanceInit = Partial<Omit<VrrpInstanceConfig, 'addresses' | 'vrid'>> & {
  readonly vrid?: number;
  /** Such as `10.0.0.100/24`. */
  readonly vips?: readonly string[];
  readonly intervalMs?: number;
};
export type VrrpInit = {
  readonly instances: readonly InstanceInit[];
  readonly realtime?: VrrpConfig['realtime'];
  readonly startupDelayMs?: number;
  readonly stateDir?: string;
};

export function testInstance({ vips, intervalMs, ...init }: InstanceInit): VrrpInstanceConfig {
  return {
    name: 'vi1',
    interface: 'eth0',
    priority: 100,
    advertIntervalNs: nsFromMs(intervalMs ?? 1000),
    preempt: true,
    preemptDelayNs: ns(0),
    addresses: (vips ?? []).map((text) => {
      const [address = '', prefix = '32'] = text.split('/');
      return { address, prefixLength: Number(prefix) };
    }),
    mode: 'multicast',
    source: null,
    peers: [],
    checksum: 'auto',
    dialect: 'rfc',
    gratuitous: { count: 5, intervalNs: ns(0), refreshNs: nsFromMs(10_000) },
    track: [],
    ...init,
    vrid: vrid(init.vrid ?? 60),
  };
}

/** Nobody can make it, root neither. */
const NO_DIRECTORY = '/dev/null/fulcrum';

/** Only what the VRRP actor reads is there. */
export const testConfig = (init: VrrpInit): Config =>
  ({
    node: { name: 'test', stateDir: init.stateDir ?? NO_DIRECTORY },
    vrrp: {
      realtime: init.realtime ?? 'auto',
      startupDelayNs: nsFromMs(init.startupDelayMs ?? 0),
      instances: init.instances.map(testInstance),
    },
  }) as unknown as Config;
