import { edit, installModules, sysctl } from '../../commands.js';
import { type Finding, type Probe, unlessSure } from '../../finding.js';
import { ipvsNeed, servicesOf, usesIpvs } from '../../needs.js';

export const ipvs: Probe = (facts, config) => {
  const { modules, versions } = facts;
  const need = ipvsNeed(config);
  if (need === 'no') return [];
  const instead = 'with `driver: auto` the proxy carries the traffic';
  if (!modules.ipvs && !modules.present.has('ip_vs') && !modules.available.has('ip_vs')) {
    return [
      {
        severity: need === 'must' ? 'error' : 'info',
        what: `this kernel (${versions.kernel}) has no module ip_vs`,
        why: need === 'must' ? `the driver ipvs cannot work; ${instead}` : instead,
        command: installModules(versions.kernel),
      },
    ];
  }
  const findings: Finding[] = [];
  if (!modules.ipvs && !modules.present.has('ip_vs')) {
    findings.push({
      severity: facts.rights.uid === 0 ? 'info' : 'warning',
      what: 'the module ip_vs is not loaded',
      why: 'the daemon asks for it at its start, which only root may do',
      command: 'modprobe ip_vs && echo ip_vs > /etc/modules-load.d/fulcrum.conf',
    });
  }
  // Without a list of modules nobody can tell.
  const schedulers = modules.available.size === 0 ? [] : new Set(servicesOf(config).map(({ scheduler }) => scheduler));
  for (const scheduler of schedulers) {
    const module = `ip_vs_${scheduler}`;
    if (modules.present.has(module) || modules.available.has(module)) continue;
    findings.push({
      severity: need === 'must' ? 'error' : 'warning',
      what: `this kernel has no module ${module}`,
      why: `services with \`scheduler: ${scheduler}\` cannot be made: choose another scheduler, or a kernel that has it`,
      command: edit(facts),
    });
  }
  if (facts.sysctls.get('net.ipv4.vs.expire_nodest_conn') === '0') {
    findings.push({
      severity: unlessSure(config, 'warning'),
      what: 'net.ipv4.vs.expire_nodest_conn is 0',
      why: 'clients of a backend that was taken out hang until they give up, instead of being reset',
      command: sysctl(['net.ipv4.vs.expire_nodest_conn', 1]),
    });
  }
  return findings;
};

/** IPVS marks its packets as untracked unless it is told otherwise. */
export const ipvsConntrack: Probe = (facts, config) => {
  if (facts.sysctls.get('net.ipv4.vs.conntrack') !== '0' || !usesIpvs(facts, config)) return [];
  const stateful = facts.firewall.find(({ rules }) =>
    rules.some(({ conditions }) => conditions.some((each) => each?.field === 'state')),
  );
  if (stateful === undefined) return [];
  return [
    {
      severity: 'warning',
      what: `net.ipv4.vs.conntrack is 0, and the firewall decides by connection state (${stateful.table} ${stateful.name})`,
      why: 'packets of IPVS have no state then: a rule such as `ct state established accept` does not let them through',
      command: sysctl(['net.ipv4.vs.conntrack', 1]),
    },
  ];
};
