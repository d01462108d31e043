import type { Probe } from '../../finding.js';
import { usesVrrp } from '../../needs.js';

export const memory: Probe = ({ memory: { swapBytes, swapAllowed }, rights }, config) => {
  if (swapBytes === 0 || !swapAllowed || !usesVrrp(config)) return [];
  const locked = Number.isFinite(rights.limits.memlock) ? `${rights.limits.memlock} bytes` : 'unlimited';
  return [
    {
      severity: 'info',
      what: `memory may be swapped out (RLIMIT_MEMLOCK, ${locked}, does not help: the JavaScript engine cannot lock its memory)`,
      why: 'what comes back from the disk comes late, and so does the next advert; MemorySwapMax=0 in the unit keeps the daemon in memory',
      command: 'swapoff -a',
    },
  ];
};
