import type { CheckConfig } from './config.js';
import type { Clock, Nanoseconds } from './units.js';

/** One thing to probe, complete: what, where, and how. Two equal ones are run once and shared by all who asked. */
export type ProbeSpec<C extends CheckConfig = CheckConfig> = {
  /** An IP address or a DNS name; for `dsr` and `tun` the virtual IP, reached through `mark`. */
  readonly host: string;
  /** 0 where the type has none (icmp). */
  readonly port: number;
  readonly check: C;
  /** SO_MARK of the probe's packets; null = none. */
  readonly mark: number | null;
  /**
   * For `dsr` and `tun`, the backend that the mark leads to. While this node has the virtual IP, the kernel would probe it
   * from the virtual IP itself, and the backend, which has that address too, would drop such a packet: so the source is
   * the address that this node has towards the backend.
   */
  readonly via?: string;
};

/** Where in its course a probe was when it ended: "timed out after 1s in tls". */
export type Phase = 'queue' | 'resolve' | 'connect' | 'tls' | 'send' | 'receive' | 'query';

/** Why a probe failed, as a stable word; `message` of the outcome says it to a person. */
export type FailureCause =
  | 'refused'
  | 'unreachable'
  | 'timeout'
  | 'reset'
  | 'closed'
  | 'resolve'
  | 'tls'
  | 'protocol'
  | 'status'
  | 'mismatch'
  | 'auth';

/** What of ours ran short when a probe could not be carried out. */
export type Shortage = 'descriptors' | 'ports' | 'buffers' | 'privilege' | 'time' | 'other';

/**
 * What a check says of its backend's weight: `set` is the weight, whatever is configured; `add` is added to it. Those of several
 * checks add up, as keepalived's do (check_misc.c, track_file.c).
 */
export type CheckWeight = { readonly kind: 'set' | 'add'; readonly weight: number };

/**
 * How one probe ended. The message may repeat what the peer said, the check's secrets too: whoever shows it hides them.
 * `error` means that the fault is ours (descriptors, ports, memory): it says nothing about the target.
 */
export type Outcome =
  | {
      readonly kind: 'healthy';
      readonly durationNs: Nanoseconds;
      readonly message: string;
      /** Absent: it says nothing of the weight. */
      readonly weight?: CheckWeight;
    }
  | {
      readonly kind: 'unhealthy';
      readonly durationNs: Nanoseconds;
      readonly cause: FailureCause;
      readonly message: string;
    }
  | {
      readonly kind: 'error';
      readonly durationNs: Nanoseconds;
      /** Raises the alarm of that name. */
      readonly shortage: Shortage;
      readonly message: string;
    };

export interface RunningProbe {
  /** Ends the probe now and frees all it holds; its outcome is not told after it. Returns the phase that it had reached. */
  abort(): Phase;
  /** What it saw that a timeout's message should add, such as "2 answers with a wrong id ignored"; empty = nothing. */
  readonly remark?: string;
}

/** One target's probes, one at a time: what is the same for all of them was worked out once. */
export interface PreparedProbe {
  /** Starts one probe. Its outcome is told once, never before this returns. The caller owns the time limit: it aborts. */
  start(): RunningProbe;
  /** No probe of it will be started any more: frees what it holds between probes. */
  release?(): void;
}

/** Who has a target probed. Not a pair of functions: with 100,000 targets those would be 300,000 objects more. */
export interface ProbeOwner {
  ended(outcome: Outcome): void;
  /** Between two probes, the peer itself has told that something changed: a probe now would find out. Left out: nobody listens. */
  news?(): void;
}

/** Runs probes of one type for all the targets of one thread. */
export interface Checker<C extends CheckConfig = CheckConfig> {
  /** Makes one target's probes ready: a single one, or those of a target that is probed again and again. */
  prepare(spec: ProbeSpec<C>, owner: ProbeOwner): PreparedProbe;
  /** Frees kept connections and descriptors. Probes under way end without a result. */
  close(): void;
}

/** What became of reading a file. `absent`: there is none. `late`: the read has not ended, which says nothing of the file. */
export type FileReading =
  | { readonly kind: 'read'; readonly bytes: Uint8Array }
  | { readonly kind: 'absent' | 'refused' | 'late'; readonly why: string };

/** What a checker needs from outside, so that tests can give it their own. */
export type CheckerContext = {
  readonly now: Clock;
  /** Looks a DNS name up, from the cache where it can; IP literals come back as they are. */
  readonly resolve: (host: string) => Promise<string>;
  /** Reads a file that the configuration names, whatever its file system does. Never rejects. */
  readonly readFile: (path: string) => Promise<FileReading>;
};

export type CheckerFactory = (context: CheckerContext) => Checker;
