/** What a person should know of an instance. */
import { Alarms } from '../../machines/telemetry/alarms.js';
import type { ActorContext } from '../../workers/actor.js';

export type InstanceAlarm =
  /** Another node goes on as master beside this one. */
  | 'dual-master'
  /** This node was master, and somebody says that the addresses are his own (priority 255). */
  | 'foreign-owner'
  /** Another node has this node's own address, or the network loops. */
  | 'own-address'
  /** Somebody else has a virtual address of ours. */
  | 'duplicate-address'
  /** Somebody removes a virtual address again and again. */
  | 'address-removed'
  /** The kernel refuses to add or to remove an address. */
  | 'address-failed'
  /** A route or a rule was gone: somebody removes it, or the kernel with an interface or an address. */
  | 'routing-removed'
  /** The kernel refuses to add or to remove a route or a rule. */
  | 'routing-failed'
  /** An advert could not be sent. */
  | 'unsent'
  /** Packets that look like adverts are refused. */
  | 'rejected'
  /** A peer's clock is nearly too far from this node's for its adverts to be believed. */
  | 'clock-skew'
  /** This node was later than its peers' patience. */
  | 'late';

/** Least time between two reports of one alarm. */
const SPACING_NS = 10e9;

export type InstanceAlarms = Alarms<InstanceAlarm>;

export const instanceAlarms = (instance: string, { log, event }: Pick<ActorContext, 'log' | 'event'>): InstanceAlarms =>
  new Alarms(SPACING_NS, (alarm, why) => {
    log.warn({ instance, alarm }, why);
    event({ type: 'vrrp-alarm', instance, alarm, why });
  });
