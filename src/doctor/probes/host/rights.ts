import type { Config } from '../../../model/config.js';
import type { Capability } from '../../../os/process/capability.js';
import type { Facts } from '../../facts.js';
import { type Probe, type Severity, unlessSure } from '../../finding.js';
import { instancesOf, ipvsNeed, servicesOf, usesProxy, usesVrrp } from '../../needs.js';

/** What the VRRP threads ask for, at most (src/os/process/realtime.ts). */
const REALTIME_PRIORITY = 41;

export const rights: Probe = (facts, config) => {
  const { capabilities, limits } = facts.rights;
  const missing = needs(facts, config).filter(({ capability }) => !capabilities.has(capability));
  const realtime = config?.vrrp.realtime ?? 'auto';
  const wantsRealtime = usesVrrp(config) && realtime !== 'off';
  const late = wantsRealtime && !capabilities.has('CAP_SYS_NICE') && limits.rtprio < REALTIME_PRIORITY;
  return [
    ...missing.map(({ capability, purpose, severity }) => ({
      severity,
      what: `this user has no ${capability}`,
      why: `${purpose}; root has it, and packaging/systemd/fulcrum.service gives it`,
      command: commandWith(facts, capability),
    })),
    ...(late
      ? [
          {
            severity: realtime === 'require' ? ('error' as const) : unlessSure(config, 'warning'),
            what: `no real-time priority: CAP_SYS_NICE is missing, and RLIMIT_RTPRIO is ${limits.rtprio}`,
            why: 'a busy machine delays the adverts, and a late advert makes the peer a second master',
            command: `sudo prlimit --pid $$ --rtprio=${REALTIME_PRIORITY}`,
          },
        ]
      : []),
  ];
};

type Need = { readonly capability: Capability; readonly purpose: string; readonly severity: Severity };

function needs(facts: Facts, config: Config | null): readonly Need[] {
  const sure = unlessSure(config, 'error', 'warning');
  const low = lowPorts(facts, config);
  const ipvs = ipvsNeed(config);
  return [
    ...(usesVrrp(config) || ipvs === 'must'
      ? [
          {
            capability: 'CAP_NET_ADMIN' as const,
            purpose: 'virtual addresses and the IPVS table need it',
            severity: sure,
          },
        ]
      : []),
    ...(ipvs === 'may' && config !== null && instancesOf(config).length === 0
      ? [
          {
            capability: 'CAP_NET_ADMIN' as const,
            purpose: 'without it the data plane is the proxy, for IPVS needs it',
            severity: 'warning' as const,
          },
        ]
      : []),
    ...(usesVrrp(config)
      ? [{ capability: 'CAP_NET_RAW' as const, purpose: 'VRRP needs it for its sockets', severity: sure }]
      : []),
    ...(low.length > 0
      ? [{ capability: 'CAP_NET_BIND_SERVICE' as const, purpose: `it listens on ${low.join(', ')}`, severity: sure }]
      : []),
  ];
}

/** Ports that are listened on and that only some may take. */
function lowPorts(facts: Facts, config: Config | null): readonly string[] {
  if (config === null) return [];
  const first = Number(facts.sysctls.get('net.ipv4.ip_unprivileged_port_start') ?? 1024);
  const { control, metrics, agent } = config;
  const listeners = [control.http, control.grpc, metrics.listen, agent?.listen, agent?.metrics];
  const own = listeners.flatMap((listen) => (listen && listen.port > 0 ? [listen.port] : []));
  const services = usesProxy(facts, config) ? servicesOf(config) : [];
  const theirs = services.flatMap(({ match }) => (match.kind === 'address' ? [match.port] : []));
  const low = [...own, ...theirs].filter((port) => port < first);
  return [...new Set(low)].map((port) => `port ${port}`);
}

const commandWith = ({ file }: Facts, capability: Capability): string => {
  const word = `+${capability.slice('CAP_'.length).toLowerCase()}`;
  const user = '--reuid="$(id -u)" --regid="$(id -g)" --init-groups';
  return `sudo setpriv ${user} --inh-caps=${word} --ambient-caps=${word} fulcrum run -c ${file ?? '/etc/fulcrum/fulcrum.yaml'}`;
};
