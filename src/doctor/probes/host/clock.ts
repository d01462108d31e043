import type { Finding, Probe } from '../../finding.js';
import { usesVrrp } from '../../needs.js';

/** Reading one of these leaves the processor, which takes microseconds, or they are coarse. */
const slow: ReadonlySet<string> = new Set(['hpet', 'acpi_pm', 'refined-jiffies', 'jiffies', 'pit']);
const better = ['tsc', 'kvm-clock', 'hyperv_clocksource_tsc_page', 'xen', 'arch_sys_counter'] as const;
const SOURCES = '/sys/devices/system/clocksource/clocksource0';
/** A part of a hundred is noticed by the largest adverts' lateness; a part of ten makes false masters. */
const NOTICEABLE = 0.01;
const HARMFUL = 0.1;

export const clock: Probe = ({ clock: { source, available, stolen } }, config) => {
  if (!usesVrrp(config)) return [];
  const findings: Finding[] = [];
  if (source !== null && slow.has(source)) {
    const other = better.find((name) => available.includes(name));
    findings.push({
      severity: 'warning',
      what: `the kernel's clock source is ${source}`,
      why: `it is slow to read, and the clock is read for every advert${other === undefined ? '; the hypervisor or the firmware decides what there is' : ''}`,
      command:
        other === undefined ? `cat ${SOURCES}/available_clocksource` : `echo ${other} > ${SOURCES}/current_clocksource`,
    });
  }
  if (stolen !== null && stolen >= NOTICEABLE) {
    findings.push({
      severity: stolen >= HARMFUL ? 'warning' : 'info',
      what: `the hypervisor took ${(stolen * 100).toFixed(1)} % of this machine's time (steal)`,
      why: 'adverts are late by as much as it takes at a time: give the machine processors of its own, or a longer advert_interval',
      command: 'virsh vcpupin "$DOMAIN" 0 "$PROCESSOR"',
      where: 'the hypervisor',
    });
  }
  return findings;
};
