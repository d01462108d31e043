import test from 'ava';
import { FrameGuard } from '../../../../../src/actors/gateway/grpc/server/frame-guard.js';
import { callHeaders, END_HEADERS, FRAME, frame, PREFACE } from '../../../../support/http2-frames.js';

const call = (stream: number) => frame(FRAME.headers, END_HEADERS, stream, callHeaders('/a/B'));
const ping = frame(FRAME.ping, 0, 0, Buffer.alloc(8));
const times = (count: number, one: Buffer) => Buffer.concat(Array.from({ length: count }, () => one));

test('frames are found wherever their bytes are cut', (t) => {
  const sent = Buffer.concat([PREFACE, call(1), ping, frame(FRAME.data, 0, 1, Buffer.alloc(300)), call(3)]);
  for (let cut = 0; cut <= sent.length; cut += 1) {
    const guard = new FrameGuard(0);
    t.is(guard.look(sent.subarray(0, cut), 0), null);
    t.is(guard.look(sent.subarray(cut), 0), null);
    t.is(guard.calls, 2);
    t.is(guard.blockSinceMs, null);
  }
});

test('empty frames are allowed at a rate, and a burst', (t) => {
  const guard = new FrameGuard(0);
  t.is(guard.look(Buffer.concat([PREFACE, times(1000, ping)]), 0), null);
  t.is(guard.look(times(100, ping), 1000), null);
  t.regex(guard.look(ping, 1000) ?? '', /too many frames that carry nothing, the last one PING/);
});

test('header blocks without an end, too large, or without a beginning are found', (t) => {
  const open = frame(FRAME.headers, 0, 1, callHeaders('/a/B'));
  const more = frame(FRAME.continuation, 0, 1);
  const look = (...sent: Buffer[]) => {
    const guard = new FrameGuard(0);
    const found = guard.look(Buffer.concat([PREFACE, ...sent]), 5);
    return { found, sinceMs: guard.blockSinceMs };
  };
  t.deepEqual(look(open, more), { found: null, sinceMs: 5 });
  t.regex(look(open, times(5, more)).found ?? '', /more than 4 CONTINUATION frames/);
  const full = frame(FRAME.continuation, 0, 1, Buffer.alloc(16_384));
  t.regex(look(open, times(2, full)).found ?? '', /headers of more than 32768 bytes/);
  t.regex(look(more).found ?? '', /a CONTINUATION frame without its HEADERS/);
  t.regex(look(frame(FRAME.data, 0, 1, Buffer.alloc(16_385))).found ?? '', /a frame of 16385 bytes/);
});
