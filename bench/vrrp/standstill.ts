/**
 * When a processor stood still: a bare C thread of the highest real-time priority on each of them wakes every two milliseconds. What
 * keeps it from that is no program's doing, but the kernel's, or that of a hypervisor that stopped the processor.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { compileC } from '../support/c-program.js';

/** Prints the nanoseconds (of the wall clock, as packets are stamped) at which it was due and at which it woke. */
const SOURCE = `#define _GNU_SOURCE
#include <pthread.h>
#include <sched.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#define PERIOD_NS 2000000
#define LATE_NS 2000000

static int64_t now(clockid_t clock) {
	struct timespec t;
	clock_gettime(clock, &t);
	return t.tv_sec * 1000000000LL + t.tv_nsec;
}

static void *watch(void *argument) {
	int cpu = (int)(intptr_t)argument;
	cpu_set_t set;
	CPU_ZERO(&set);
	CPU_SET(cpu, &set);
	struct sched_param priority = {.sched_priority = 99};
	if (pthread_setaffinity_np(pthread_self(), sizeof set, &set) != 0) exit(2);
	if (pthread_setschedparam(pthread_self(), SCHED_FIFO, &priority) != 0) exit(3);
	for (int64_t due = now(CLOCK_MONOTONIC) + PERIOD_NS;; due += PERIOD_NS) {
		struct timespec t = {due / 1000000000, due % 1000000000};
		clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &t, NULL);
		int64_t late = now(CLOCK_MONOTONIC) - due;
		if (late < LATE_NS) continue;
		int64_t woke = now(CLOCK_REALTIME);
		printf("%lld %lld\\n", (long long)(woke - late), (long long)woke);
		fflush(stdout);
		due += late;
	}
	return NULL;
}

int main(int argc, char **argv) {
	cpu_set_t set;
	pthread_t thread;
	if (sched_getaffinity(0, sizeof set, &set) != 0) return 1;
	for (int cpu = 0; cpu < CPU_SETSIZE; cpu++)
		if (CPU_ISSET(cpu, &set)) pthread_create(&thread, NULL, watch, (void *)(intptr_t)cpu);
	char byte;
	while (read(0, &byte, 1) > 0);
	return 0;
}
`;

/** On the wall clock. */
export type Span = { readonly fromNs: bigint; readonly toNs: bigint };

export type StandstillWatch = AsyncDisposable & {
  /** All that were seen, in order. Rejects where the threads could not have their priority. */
  stop(): Promise<readonly Span[]>;
};

/** Needs root and gcc. */
export async function watchStandstills(): Promise<StandstillWatch> {
  const directory = mkdtempSync(join(tmpdir(), 'fulcrum-bench-'));
  const binary = await compileC(directory, 'standstill', SOURCE);
  const child = spawn(binary, { stdio: ['pipe', 'pipe', 'inherit'] });
  const printed = text(child.stdout);
  const ended = once(child, 'exit') as Promise<[number | null, string | null]>;
  return {
    async stop() {
      child.stdin.end();
      const [code] = await ended;
      if (code !== 0) throw new Error(`the watch for standstills ended with ${code}: it needs real-time priority`);
      return standstillsOf(await printed);
    },
    [Symbol.asyncDispose]: () => discard(child, directory),
  };
}

async function discard(child: ChildProcess, directory: string): Promise<void> {
  if (child.exitCode === null && child.signalCode === null) {
    child.kill('SIGKILL');
    await once(child, 'exit');
  }
  rmSync(directory, { recursive: true, force: true });
}

/** Of what the threads printed, the spans in which one processor or more stood still. */
export function standstillsOf(printed: string): readonly Span[] {
  const spans = printed
    .split('\n')
    .map((line) => line.split(' '))
    .flatMap(([from, to]) =>
      from === undefined || to === undefined ? [] : [{ fromNs: BigInt(from), toNs: BigInt(to) }],
    )
    .sort((a, b) => Number(a.fromNs - b.fromNs));
  const merged: Span[] = [];
  for (const span of spans) {
    const last = merged.at(-1);
    if (last === undefined || span.fromNs > last.toNs) merged.push(span);
    else if (span.toNs > last.toNs) merged[merged.length - 1] = { fromNs: last.fromNs, toNs: span.toNs };
  }
  return merged;
}

/** How much of a time they are; they don't overlap. */
export const stillNs = (spans: readonly Span[], fromNs: bigint, toNs: bigint): number =>
  spans.reduce((sum, span) => {
    const [from, to] = [span.fromNs > fromNs ? span.fromNs : fromNs, span.toNs < toNs ? span.toNs : toNs];
    return to > from ? sum + Number(to - from) : sum;
  }, 0);
