/**
 * When the machine itself stood still: a bare C thread of the highest real-time priority on each processor wakes every two
 * milliseconds. What keeps all of them from it at once is no program's doing, but a hypervisor's that stopped the machine.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { compileC } from '../support/c-program.js';

/** Prints processor, and the nanoseconds (of the wall clock, as packets are stamped) at which it was due and at which it woke. */
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
		printf("%d %lld %lld\\n", cpu, (long long)(woke - late), (long long)woke);
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
      return standstillsOf(await printed, availableParallelism());
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

/** Of what the threads printed, the spans in which all processors were held up. */
export function standstillsOf(printed: string, processors: number): readonly Span[] {
  const edges = printed
    .split('\n')
    .map((line) => line.split(' '))
    .flatMap(([, from, to]) =>
      from === undefined || to === undefined
        ? []
        : [
            { atNs: BigInt(from), step: 1 },
            { atNs: BigInt(to), step: -1 },
          ],
    )
    .sort((a, b) => (a.atNs === b.atNs ? a.step - b.step : a.atNs < b.atNs ? -1 : 1));
  const spans: Span[] = [];
  let held = 0;
  edges.forEach(({ atNs, step }, index) => {
    held += step;
    const next = edges[index + 1];
    if (held === processors && step === 1 && next !== undefined) spans.push({ fromNs: atNs, toNs: next.atNs });
  });
  return spans;
}

/** How much of a time the machine stood still. */
export const stillNs = (spans: readonly Span[], fromNs: bigint, toNs: bigint): number =>
  spans.reduce((sum, span) => {
    const [from, to] = [span.fromNs > fromNs ? span.fromNs : fromNs, span.toNs < toNs ? span.toNs : toNs];
    return to > from ? sum + Number(to - from) : sum;
  }, 0);
