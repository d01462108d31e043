/** A plan of a document, while another client asks for the health of the daemon again and again. */
import { readFileSync, writeFileSync } from 'node:fs';
import { request } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import type { HostileDocument } from './hostile.js';

/** Between an answer and the next question. */
const PAUSE_MS = 5;

export type Planned = {
  readonly status: number;
  readonly body: string;
  readonly planMs: number;
  /** Of the other client. */
  readonly answers: number;
  readonly latestMs: number;
  readonly beforeMb: number;
  /** Above what it was before. */
  readonly peakMb: number;
};

export const memoryMb = (pid: number, of: 'VmRSS' | 'VmHWM'): number =>
  Number(new RegExp(`^${of}:\\s+(\\d+) kB`, 'm').exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]) / 1024;

export async function planBeside(socket: string, pid: number, document: HostileDocument): Promise<Planned> {
  const text = Buffer.from(document.text());
  // proc(5): the peak starts anew.
  writeFileSync(`/proc/${pid}/clear_refs`, '5');
  const beforeMb = memoryMb(pid, 'VmRSS');
  let planning = true;
  let answers = 0;
  let latestMs = 0;
  const other = async (): Promise<void> => {
    while (planning) {
      const sinceMs = performance.now();
      await ask(socket, 'GET', '/health');
      latestMs = Math.max(latestMs, performance.now() - sinceMs);
      answers += 1;
      await sleep(PAUSE_MS);
    }
  };
  const asking = other();
  const sinceMs = performance.now();
  const { status, body } = await ask(socket, 'POST', '/api/v1/plan', { type: document.type, text });
  const planMs = performance.now() - sinceMs;
  planning = false;
  await asking;
  return { status, body, planMs, answers, latestMs, beforeMb, peakMb: memoryMb(pid, 'VmHWM') - beforeMb };
}

type Sent = { readonly type: string; readonly text: Buffer };

const ask = (socketPath: string, method: string, path: string, sent: Sent | null = null) =>
  new Promise<{ readonly status: number; readonly body: string }>((resolve, reject) => {
    const headers = sent === null ? {} : { 'content-type': sent.type, 'content-length': sent.text.length };
    const call = request({ socketPath, method, path, headers, agent: false }, (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.on('end', () => resolve({ status: response.statusCode ?? 0, body: String(Buffer.concat(chunks)) }));
    });
    call.on('error', reject);
    call.end(sent?.text);
  });
