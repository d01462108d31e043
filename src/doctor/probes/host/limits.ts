import type { Probe } from '../../finding.js';
import { allChecks } from '../../needs.js';

/** Below it the threads start one after the other, or not at all. */
const LEAST_FILES = 1024;
/** What the unit of packaging/systemd allows. */
const ENOUGH_FILES = 262_144;

export const limits: Probe = (
  {
    rights: {
      limits: { nofile },
    },
  },
  config,
) => {
  // A probe has a socket at a time, and may have one that is being closed.
  const wanted = LEAST_FILES + 2 * allChecks(config).length;
  if (nofile >= wanted) return [];
  return [
    {
      severity: nofile < LEAST_FILES ? 'error' : 'warning',
      what: `this process may open ${nofile} files and sockets (RLIMIT_NOFILE)`,
      why: `${wanted} and more are wanted: each check, client and thread takes some; LimitNOFILE= is the same in a unit`,
      command: `ulimit -n ${ENOUGH_FILES}`,
    },
  ];
};
