/** Branded units: a number of one kind cannot be passed where another kind is meant. */

declare const unit: unique symbol;
type Branded<Name extends string> = number & { readonly [unit]: Name };

/** A span, or a point on the monotonic clock, in nanoseconds. A double holds it to the nanosecond for 104 days of uptime. */
export type Nanoseconds = Branded<'ns'>;
/** Virtual router identifier, 1-255 (RFC 9568 section 5.2.3). */
export type Vrid = Branded<'vrid'>;
/** A TCP, UDP or SCTP port, 1-65535. */
export type Port = Branded<'port'>;

export const NS_PER_MS = 1e6;
export const NS_PER_S = 1e9;

export const ns = (value: number): Nanoseconds => value as Nanoseconds;
export const nsFromMs = (ms: number): Nanoseconds => ns(ms * NS_PER_MS);
export const msFromNs = (value: Nanoseconds): number => value / NS_PER_MS;
export const vrid = (value: number): Vrid => value as Vrid;
export const port = (value: number): Port => value as Port;

/** Reads CLOCK_MONOTONIC: one time line for every thread of the machine. */
export type Clock = () => Nanoseconds;
