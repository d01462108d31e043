/** What was last told of the things that instances track. It holds when whoever told it is gone. */
import type { TrackedFact } from '../../machines/vrrp/tracking.js';
import type { TrackedKind, VrrpConfig } from '../../model/config.js';
import type { ToVrrp } from '../../wire/links/vrrp-states.js';

/** Of what is tracked. */
export type TrackingNews = Exclude<ToVrrp, { kind: 'maintenance' }>;

export class TrackedFacts {
  readonly #services = new Map<string, boolean>();
  readonly #facts = new Map<string, TrackedFact>();
  #config: Pick<VrrpConfig, 'scripts' | 'processes' | 'files'> = { scripts: {}, processes: {}, files: {} };

  /** What is no longer configured is forgotten. */
  configure({ scripts, processes, files }: VrrpConfig): void {
    this.#config = { scripts, processes, files };
    const known = new Set<string>();
    for (const [kind, things] of Object.entries({ script: scripts, process: processes, file: files })) {
      for (const name of Object.keys(things)) known.add(`${kind}/${name}`);
    }
    for (const key of this.#facts.keys()) if (!known.has(key)) this.#facts.delete(key);
  }

  /** Whether it changed anything. */
  hear(message: TrackingNews): boolean {
    if (message.kind === 'service-health') {
      if (this.#services.get(message.service) === message.healthy) return false;
      this.#services.set(message.service, message.healthy);
      return true;
    }
    const { thing, name, up, value, why } = message;
    const key = `${thing}/${name}`;
    const before = this.#facts.get(key);
    if (before?.up === up && before.value === value && before.why === why) return false;
    this.#facts.set(key, { up, value, why });
    return true;
  }

  serviceHealthy(name: string): boolean | null {
    return this.#services.get(name) ?? null;
  }

  fact(kind: TrackedKind, name: string): TrackedFact | null {
    const told = this.#facts.get(`${kind}/${name}`);
    if (told !== undefined) return told;
    const initially = kind === 'script' ? this.#config.scripts[name]?.initially : undefined;
    if (initially === undefined || initially === 'unknown') return null;
    return { up: initially === 'good', value: 0, why: `${initially} by configuration, until its first result` };
  }
}
