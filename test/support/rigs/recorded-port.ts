import type { RouterReason } from '../../../src/machines/vrrp/reason.js';
import type { RouterPort } from '../../../src/machines/vrrp/router-port.js';

/** A router's port that writes down, in words, what it is told. */
export class RecordedPort implements RouterPort {
  readonly said: string[] = [];
  /** What was said since the last call. */
  take(): string[] {
    return this.said.splice(0);
  }
  sendAdvert(): void {
    this.said.push('advert');
  }
  sendResignation(): void {
    this.said.push('resign');
  }
  takeAddresses(): void {
    this.said.push('take');
  }
  releaseAddresses(): void {
    this.said.push('release');
  }
  announce(again: boolean): void {
    this.said.push(again ? 'announce again' : 'announce');
  }
  advertTime(atNs: number): number {
    return atNs;
  }
  mayPromote(): boolean {
    return true;
  }
  changed(from: string, to: string, reason: RouterReason): void {
    this.said.push(`${from} -> ${to}: ${'why' in reason ? reason.why : reason.kind}`);
  }
}
