import { quoted } from '../../commands.js';
import type { Probe } from '../../finding.js';

export const stateDir: Probe = ({ stateDir: found, rights }) => {
  if (found === null) return [];
  const { path, problem } = found;
  const commands: Readonly<Record<string, string>> = {
    EROFS: `mount -o remount,rw "$(df --output=target ${quoted(path)} | tail -n 1)"`,
    'no directory': `mv ${quoted(path)} ${quoted(`${path}.old`)}`,
  };
  return [
    {
      severity: 'error',
      what: `the state directory ${path} cannot be written: ${problem}`,
      why: 'what survives a restart is kept there: states of checks, the list of addresses and services that are ours',
      command: commands[problem] ?? `sudo install -d -m 0750 -o ${rights.uid} ${quoted(path)}`,
    },
  ];
};
