/** A seeded stream of edits to a configuration's services, and of another program's edits to a table. */
import type { DesiredDestination, DesiredService } from '../../src/wire/table-link.js';
import { ns } from '../../src/wire/units.js';
import { byAddress, byMark, desired, dest } from './table.js';

export type Edit = { readonly name: string; readonly service: DesiredService | null };
export type RandomEdits = {
  readonly next: () => Edit;
  /** Command lines for ipvsadm that change, remove or add something in a table of these lines. */
  readonly vandalise: (lines: readonly string[]) => readonly string[];
};

const SERVICES = 24;
const BACKENDS = 8;

/** The mulberry32 generator: the same seed gives the same edits on every machine. */
function generator(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) % below;
  };
}

export function randomEdits(seed: number): RandomEdits {
  const random = generator(seed);
  const oneOf = <T>(items: readonly [T, ...T[]]): T => items[random(items.length)] ?? items[0];
  const now = new Map<string, DesiredService>();

  function match(index: number): DesiredService['match'] {
    // Now and then a service moves to another identity.
    const moved = random(10) === 0 ? 100 : 0;
    if (index % 6 === 4) return byMark(300 + index + moved, index % 12 === 4 ? 'ipv4' : 'ipv6');
    if (index % 6 === 5) return byAddress(`2001:db8::${index + moved}`, 80);
    return byAddress(`10.0.1.${index + moved}`, 80, index % 6 === 3 ? 'udp' : 'tcp');
  }

  function backend(of: DesiredService['match'], index: number): DesiredDestination {
    const ipv6 = of.kind === 'fwmark' ? of.family === 'ipv6' : of.address.includes(':');
    const address = ipv6 ? `2001:db8::1:${index}` : `10.0.2.${index}`;
    const forwarding = oneOf(['nat', 'nat', 'dsr', 'tun'] as const);
    const port = forwarding === 'nat' ? 8000 + (index % 3) : 80;
    const tunnel = oneOf([null, { type: 'gue', port: 6080 + index }, { type: 'gre', port: 0 }] as const);
    return dest(address, port, {
      weight: random(5),
      forwarding,
      tunnel: forwarding === 'tun' ? tunnel : null,
      maxConnections: oneOf([0, 0, 500]),
    });
  }

  function made(name: string, index: number): DesiredService {
    const of = match(index);
    const backends = Array.from({ length: BACKENDS }, (_, which) => which).filter(() => random(2) === 0);
    const scheduler = oneOf(['rr', 'wrr', 'lc', 'wlc', 'sh', 'mh'] as const);
    return desired(
      name,
      of,
      backends.map((which) => backend(of, which)),
      {
        scheduler,
        schedulerFlags: scheduler === 'mh' && random(2) === 0 ? ['mh-port'] : [],
        persistenceNs: random(4) === 0 ? ns((1 + random(600)) * 1e9) : null,
        onePacket: of.kind === 'address' && of.protocol === 'udp' && random(2) === 0,
      },
    );
  }

  /** Weights change most often, as they do in life. */
  function reweighted(service: DesiredService): DesiredService {
    const destinations = service.destinations.map((one) => (random(2) === 0 ? { ...one, weight: random(100) } : one));
    return { ...service, destinations };
  }

  return {
    next: () => {
      const index = random(SERVICES);
      const name = `s${index}`;
      const before = now.get(name);
      const service =
        before !== undefined && random(3) > 0
          ? reweighted(before)
          : before !== undefined && random(4) === 0
            ? null
            : made(name, index);
      if (service === null) now.delete(name);
      else now.set(name, service);
      return { name, service };
    },
    vandalise: (lines) =>
      lines.flatMap((line) => {
        if (random(6) > 0) return [];
        const [, service] = /^-A (\S+ \S+(?: -6)?) -s/.exec(line) ?? [];
        if (service !== undefined) return random(4) === 0 ? [`-D ${service}`] : [`-E ${service} -s lblc`];
        return [];
      }),
  };
}
