import { stop } from '../../commands.js';
import { type Probe, unlessSure } from '../../finding.js';
import { ipvsNeed, usesVrrp } from '../../needs.js';

const purposes: Readonly<Record<string, 'addresses' | 'table' | 'both'>> = {
  keepalived: 'both',
  vrrpd: 'addresses',
  ucarp: 'addresses',
  ldirectord: 'table',
  seesaw_engine: 'both',
};
export const knownPrograms: readonly string[] = Object.keys(purposes);

export const programs: Probe = (facts, config) =>
  facts.programs.flatMap((program) => {
    const purpose = purposes[program.name] ?? 'both';
    const concerned = purpose === 'table' ? ipvsNeed(config) !== 'no' : usesVrrp(config) || ipvsNeed(config) !== 'no';
    if (!concerned) return [];
    const does =
      purpose === 'addresses'
        ? 'takes virtual addresses'
        : purpose === 'table'
          ? 'writes the IPVS table'
          : 'takes virtual addresses and writes the IPVS table';
    return [
      {
        severity: unlessSure(config, 'error', 'warning'),
        what: `${program.name} runs here (process ${program.pid}${program.unit === null ? '' : `, ${program.unit}`})`,
        why: `it ${does}, as Fulcrum does: each would undo what the other did`,
        command: stop(program),
      },
    ];
  });
