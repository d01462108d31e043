/** The states that people see, of a target, a backend and a VRRP instance. */

export type TargetState = 'unknown' | 'healthy' | 'unhealthy';

export type VrrpState = 'init' | 'backup' | 'master' | 'fault';

export type BackendState = 'unknown' | 'healthy' | 'unhealthy' | 'draining' | 'disabled';

/** A target is one deduplicated probe. Its key is a hash of its whole spec, so it is the same in every life of every actor. */
export type TargetKey = string;
