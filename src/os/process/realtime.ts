/**
 * Scheduling of the calling thread. Under load nothing else keeps a deadline: an isolate of its own does not, a thread of
 * its own does not. Each step is tried; what could not be had is told, not hidden. (Memory is never locked: V8 aborts the
 * process when it cannot give pages back.)
 */

import { setPriority } from 'node:os';
import { messageOf } from '../../model/errors.js';
import { HOST_LITTLE_ENDIAN } from '../../wire/netlink/reader.js';
import { check, errnoName, libc } from '../kernel/libc.js';
import { intBytes } from '../kernel/socket-call.js';

const gettid = libc.func('int gettid()');
const schedGetscheduler = libc.func('int sched_getscheduler(int tid)');
const schedSetscheduler = libc.func('int sched_setscheduler(int tid, int policy, const uint8_t *parameters)');
const schedGetparam = libc.func('int sched_getparam(int tid, _Out_ uint8_t *parameters)');
const schedSetparam = libc.func('int sched_setparam(int tid, const uint8_t *parameters)');
const schedYield = libc.func('int sched_yield()');
const prctl = libc.func('int prctl(int option, unsigned long a, unsigned long b, unsigned long c, unsigned long d)');
const getrlimit = libc.func('int getrlimit(int resource, uint8_t *limits)');
const syscall = libc.func('intptr_t syscall(intptr_t number, int tid, const uint8_t *attributes, unsigned int flags)');
const setrlimit = libc.func('int setrlimit(int resource, const uint8_t *limits)');

const SCHED_FIFO = 1;
const SCHED_RR = 2;
/** Threads and processes that this one makes start as ordinary ones. */
const SCHED_RESET_ON_FORK = 0x40000000;
const PR_SET_TIMERSLACK = 29;
const RLIMIT_RTTIME = 15;
/**
 * Above ordinary real-time work, below the kernel's own threads (50 and more: interrupt threads, watchdogs), on which
 * packets depend.
 */
export const REALTIME_PRIORITY = 40;
/**
 * Of the second thread of hedged adverts, which is bound to one processor: whoever of the first kind is there goes to another one.
 */
export const HEDGE_PRIORITY = REALTIME_PRIORITY + 1;
/**
 * Processor time that a real-time thread may use without a system call that waits, before the kernel ends the process: the
 * last resort against an endless loop, well behind the supervisor's own deadline, so that a machine is never lost to it.
 */
export const REALTIME_LIMIT_US = 3_000_000;
const BEST_NICE = -20;
/** Numbers of sched_setattr(2), which the C library has no function for. */
const SCHED_SETATTR: Readonly<Record<string, number>> = { x64: 314, arm64: 274 };
const SCHED_ATTR_BYTES = 48;
/** The shortest that the kernel takes for an ordinary thread: whoever wants little at a time gets it sooner (Linux 6.12). */
const SLICE_NS = 100_000n;

/** How long before a deadline the sleep may end. */
export type SpinLimits = { readonly leastNs: number; readonly mostNs: number };
/** A real-time thread is usually up within 300 us, and may hold the processor for as long as it likes. */
const REALTIME_SPIN: SpinLimits = { leastNs: 300_000, mostNs: 2_000_000 };
/** An ordinary one that holds the processor for longer than its slice may lose it right at the deadline. */
const ORDINARY_SPIN: SpinLimits = { leastNs: 80_000, mostNs: 80_000 };

export type RealtimeFeature = 'fifo' | 'rr' | 'nice' | 'short-slice' | 'timer-slack' | 'runtime-limit';

export type Realtime = {
  readonly features: readonly RealtimeFeature[];
  /** In words, what was wanted and refused; empty when all was got. */
  readonly refused: readonly string[];
  /** For people: `SCHED_FIFO 40`, or what there is instead. */
  readonly text: string;
  readonly spin: SpinLimits;
};

/** Makes this thread as punctual as it may be. With `off` nothing is touched but the timer slack. */
export function makePunctual(mode: 'auto' | 'require' | 'off', priority = REALTIME_PRIORITY): Realtime {
  const features: RealtimeFeature[] = [];
  const refused: string[] = [];
  if (prctl(PR_SET_TIMERSLACK, 1, 0, 0, 0) === 0) features.push('timer-slack');
  else refused.push(`timer slack of 1 ns: ${errnoName()}`);
  if (mode === 'off') return { features, refused, text: 'off by configuration', spin: ORDINARY_SPIN };
  const policy = setPolicy(priority, refused);
  if (policy !== null) {
    features.push(policy);
    if (limitRuntime(refused)) features.push('runtime-limit');
    const text = describe(`SCHED_${policy.toUpperCase()} ${priority}`, refused);
    return { features, refused, text, spin: REALTIME_SPIN };
  }
  const nice = raiseNice(refused);
  if (nice) features.push('nice');
  if (shortenSlice(nice ? BEST_NICE : 0)) features.push('short-slice');
  const text = nice ? `nice ${BEST_NICE}, no real-time scheduling` : 'no real-time scheduling';
  return { features, refused, text: describe(text, refused), spin: ORDINARY_SPIN };
}

/** Whether the kernel runs this thread before all ordinary ones. */
export const isRealtime = ({ features }: Realtime): boolean => features.includes('fifo') || features.includes('rr');

/**
 * Runs long work of this thread a step below the others that keep time: at the same priority they would wait for its end, once
 * there are as many of them as processors. Then the thread is as it was before it became punctual, until `stepForward`: in its
 * event loop V8 waits for threads of its own without a pause, and they get no processor beside it.
 */
export function behindPunctual(realtime: Realtime, work: () => void): void {
  const lowered = isRealtime(realtime);
  if (lowered) check('sched_setparam', schedSetparam(0, intBytes(REALTIME_PRIORITY - 1)));
  try {
    work();
  } finally {
    // Refused to a thread that was given its priority from outside: then it stays a step below, like all others of its kind.
    if (lowered) schedSetscheduler(0, before.policy, intBytes(before.priority));
  }
}

/** Before the first deadline. Refused to a thread that was given its priority from outside: see `behindPunctual`. */
export function stepForward(realtime: Realtime): void {
  if (!isRealtime(realtime)) return;
  const policy = realtime.features.includes('fifo') ? SCHED_FIFO : SCHED_RR;
  schedSetscheduler(0, policy | SCHED_RESET_ON_FORK, intBytes(REALTIME_PRIORITY));
}

/**
 * Lets real-time threads of the same priority that wait for this processor run first, `times` over: what the first of them wakes
 * runs at the second. An ordinary thread goes on: it would give way to whatever else the machine does. (Unequal priorities would do
 * the same for less, but libuv waits for another thread in a loop when it closes a port, and would wait for ever for one of a lower
 * priority.)
 */
export function yieldCpu(times: number): void {
  givenRealtime ??= [SCHED_FIFO, SCHED_RR].includes(schedGetscheduler(0));
  for (let left = givenRealtime ? times : 0; left > 0; left -= 1) schedYield();
}

/** Whether this thread has real-time scheduling from outside; asked once. */
let givenRealtime: boolean | null = null;

/** Of this thread, as it was before it became punctual. */
let before = { policy: 0, priority: 0 };

const describe = (text: string, refused: readonly string[]): string =>
  refused.length === 0 ? text : `${text} (${refused.join('; ')})`;

function setPolicy(priority: number, refused: string[]): 'fifo' | 'rr' | null {
  before = present();
  for (const [name, policy] of [
    ['fifo', SCHED_FIFO],
    ['rr', SCHED_RR],
  ] as const) {
    if (schedSetscheduler(0, policy | SCHED_RESET_ON_FORK, intBytes(priority)) === 0) return name;
    if (name === 'fifo') refused.push(`SCHED_FIFO: ${errnoName()}${hint(errnoName())}`);
  }
  return null;
}

function present(): typeof before {
  const parameters = intBytes(0);
  check('sched_getparam', schedGetparam(0, parameters));
  const priority = new DataView(parameters.buffer).getInt32(0, HOST_LITTLE_ENDIAN);
  return { policy: schedGetscheduler(0), priority };
}

const hint = (code: string): string =>
  code === 'EPERM' ? ', needs CAP_SYS_NICE or an rtprio limit, and real-time time in its cgroup' : '';

function raiseNice(refused: string[]): boolean {
  try {
    setPriority(gettid(), BEST_NICE);
    return true;
  } catch (error) {
    refused.push(`nice ${BEST_NICE}: ${messageOf(error)}`);
    return false;
  }
}

/** struct sched_attr: u32 size, u32 policy, u64 flags, s32 nice, u32 priority, u64 runtime, ... Needs no right. */
function shortenSlice(nice: number): boolean {
  const number = SCHED_SETATTR[process.arch];
  if (number === undefined) return false;
  const attributes = new Uint8Array(SCHED_ATTR_BYTES);
  const view = new DataView(attributes.buffer);
  view.setUint32(0, SCHED_ATTR_BYTES, HOST_LITTLE_ENDIAN);
  view.setInt32(16, nice, HOST_LITTLE_ENDIAN);
  view.setBigUint64(24, SLICE_NS, HOST_LITTLE_ENDIAN);
  return syscall(number, 0, attributes, 0) === 0;
}

/** struct rlimit: two 64-bit numbers. Left alone where someone has set one already. */
function limitRuntime(refused: string[]): boolean {
  const limits = new Uint8Array(16);
  const view = new DataView(limits.buffer);
  const unlimited = 2n ** 64n - 1n;
  if (getrlimit(RLIMIT_RTTIME, limits) === 0 && view.getBigUint64(0, HOST_LITTLE_ENDIAN) !== unlimited) return true;
  view.setBigUint64(0, BigInt(REALTIME_LIMIT_US), HOST_LITTLE_ENDIAN);
  if (setrlimit(RLIMIT_RTTIME, limits) === 0) return true;
  refused.push(`run-time limit: ${errnoName()}`);
  return false;
}
