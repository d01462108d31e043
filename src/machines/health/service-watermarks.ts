import type { Watermark, Watermarks } from '../../model/config.js';
import {
  compileServiceTable,
  type ServiceEventType,
  type ServiceFacts,
  type ServiceReason,
  type ServiceState,
  tableKey,
} from './service-health.js';

/** Backends, or the sum of their weights: those that are healthy, of those in service (neither disabled nor draining). */
export type ServiceCounts = { readonly healthy: number; readonly inService: number };

/** The fewest that are enough. */
const leastOf = (mark: Watermark, inService: number): number =>
  Math.max(1, mark.kind === 'count' ? mark.count : Math.ceil((inService * mark.percent) / 100));

/** Whether so much is enough. A count of 0 means at least one: nothing is never enough. */
const reaches = (mark: Watermark, { healthy, inService }: ServiceCounts): boolean =>
  healthy >= leastOf(mark, inService);

const text = (mark: Watermark): string =>
  mark.kind === 'count' ? String(Math.max(1, mark.count)) : `${mark.percent}%`;

const table = compileServiceTable();

/** The health of one service over time: it counts, and takes the machine's steps. */
export class ServiceHealth {
  #watermarks: Watermarks;
  #counts: ServiceCounts = { healthy: 0, inService: 0 };
  #state: ServiceState = 'unhealthy';
  #why = 'no backend was checked yet';

  constructor(watermarks: Watermarks) {
    this.#watermarks = watermarks;
  }

  get state(): ServiceState {
    return this.#state;
  }

  get why(): string {
    return this.#why;
  }

  /** With less than so much it does not stay healthy. */
  get least(): number {
    return leastOf(this.#watermarks.low, this.#counts.inService);
  }

  count(counts: ServiceCounts, watermarks: Watermarks): void {
    this.#counts = counts;
    this.#watermarks = watermarks;
    this.#step('counted');
  }

  disable(why: string): void {
    this.#step('disable', why);
  }

  enable(): void {
    this.#step('enable');
  }

  /** Before any count: it was healthy in the engine's last life. */
  resume(): void {
    this.#step('resume');
  }

  #step(event: ServiceEventType, told = this.#why): void {
    const step = table.get(tableKey(this.#state, event, this.#facts()));
    if (step === undefined) throw new Error(`service health has no step for ${event} while ${this.#state}`);
    this.#state = step.next;
    if (step.reason !== null) this.#why = this.#reason(step.reason, told);
  }

  #facts(): ServiceFacts {
    const { low, high } = this.#watermarks;
    return { reachesLow: reaches(low, this.#counts), reachesHigh: reaches(high, this.#counts) };
  }

  #reason(reason: ServiceReason, told: string): string {
    if (reason === 'as-told') return told;
    const { healthy, inService } = this.#counts;
    const counts =
      this.#watermarks.by === 'weight'
        ? `weight ${healthy} of ${inService} healthy`
        : `${healthy} of ${inService} backends healthy`;
    return reason === 'beside-low'
      ? `${counts}, ${text(this.#watermarks.low)} needed`
      : `${counts}, ${text(this.#watermarks.high)} needed to become healthy`;
  }
}
