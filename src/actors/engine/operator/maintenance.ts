/** Maintenance of the whole node: VRRP gives its addresses away and takes none, and all backends drain. It outlasts restarts. */
import { messageOf } from '../../../model/errors.js';
import type { MaintenanceView } from '../../../model/observing/views.js';
import type { ActorContext } from '../../../workers/actor.js';
import { metrics } from '../metrics.js';
import { type KeptMaintenance, writeMaintenance } from '../state/maintenance-file.js';

export type MaintenanceParts = {
  readonly context: ActorContext;
  /** Null: nothing is remembered. */
  readonly stateDir: string | null;
  readonly kept: KeptMaintenance;
  /** It has begun, or is over. */
  readonly changed: (on: boolean) => void;
};

const WHY = {
  on: 'an operator began maintenance: VRRP steps down, and all backends drain',
  off: 'an operator ended maintenance',
} as const;

export class Maintenance {
  readonly #parts: MaintenanceParts;
  #view: MaintenanceView;
  /** One change at a time. */
  #turn: Promise<unknown> = Promise.resolve();

  constructor(parts: MaintenanceParts) {
    this.#parts = parts;
    const { kept, context, stateDir } = parts;
    this.#view = kept.on ? { on: true, since: kept.since ?? new Date().toISOString() } : OVER;
    const { since, problem } = kept;
    if (kept.on) context.log.warn({ since, problem }, 'the node is in maintenance still');
    else if (problem !== null)
      context.log.error({ stateDir, problem }, 'whether the node was in maintenance cannot be read: it is not');
    this.#tell();
  }

  get on(): boolean {
    return this.#view.on;
  }

  get view(): MaintenanceView {
    return this.#view;
  }

  set(on: boolean): Promise<MaintenanceView> {
    const turn = this.#turn.then(() => this.#set(on));
    this.#turn = turn;
    return turn;
  }

  async #set(on: boolean): Promise<MaintenanceView> {
    if (on === this.#view.on) return this.#view;
    const view: MaintenanceView = on ? { on, since: new Date().toISOString() } : OVER;
    // Before anybody acts: a crash in between is to end in what was asked for.
    await this.#remember(view.since);
    this.#view = view;
    const { context, changed } = this.#parts;
    const why = on ? WHY.on : WHY.off;
    context.event({ type: 'maintenance', on, why });
    context.log.warn({ on }, why);
    this.#tell();
    changed(on);
    return view;
  }

  async #remember(since: string | null): Promise<void> {
    const { stateDir, context } = this.#parts;
    if (stateDir === null) return;
    try {
      await writeMaintenance(stateDir, since);
    } catch (error) {
      const state = since === null ? 'the node is in maintenance again' : 'the node serves again';
      const why = `${stateDir}: ${messageOf(error)}: after a restart ${state}; make node.state_dir writable`;
      context.log.error({ stateDir }, why);
      context.event({ type: 'alarm', alarm: 'state-file', why });
    }
  }

  #tell(): void {
    const { context } = this.#parts;
    const { on, since } = this.#view;
    context.meter.gauge(metrics.fulcrum_maintenance, {}, on ? 1 : 0);
    context.state(KEY, since === null ? null : { type: 'maintenance', key: KEY, since });
  }
}

const KEY = 'maintenance';
const OVER: MaintenanceView = { on: false, since: null };
