import { randomInt } from 'node:crypto';
import { domainToASCII } from 'node:url';
import { addressBytes, canonicalAddress, hostPort } from '../../model/ip-address.js';
import type { Checker, CheckerContext, ProbeSpec } from '../../model/probe.js';
import { type DnsMessage, decodeMessage, encodeQuery, rcodeName, recordTypes } from '../../wire/dns/message.js';
import { encodeName, readName, reverseName } from '../../wire/dns/name.js';
import { HeldBytes } from '../../wire/text/held-bytes.js';
import { type ByteStream, plainTcp, socketFailure } from '../connecting/connection.js';
import { Connector } from '../connecting/connector.js';
import { createChecker, type Probe, resolveTarget } from '../probing/probe.js';
import { located, SetupError } from '../probing/probe-result.js';
import { hostsFileRecords, SYSTEM_RESOLVER, systemServer } from '../probing/system-names.js';
import { MAX_IGNORED_DATAGRAMS, openDatagramSocket } from '../udp/checker.js';
import type { DnsCheck } from './index.js';
import { judgeAnswer } from './verdict.js';

/** Passes any path without being fragmented, as the DNS flag day of 2020 settled it. */
const EDNS_PAYLOAD_BYTES = 1232;
const DNS_PORT = 53;
const FORMERR = 1;
const NOTIMP = 4;

/** Asks one question over UDP, over TCP where the answer is truncated or `tcp` says so. */
export function createDnsChecker(context: CheckerContext): Checker<DnsCheck> {
  const connector = new Connector(context);
  const inner = createChecker<DnsCheck>(context, (probe, spec) => {
    const name = canonicalQuery(spec.check);
    const ask = (at: ProbeSpec<DnsCheck>): void => {
      if (at.check.tcp) askOverTcp(probe, connector, at, name);
      else askOverUdp(probe, context, connector, at, name, EDNS_PAYLOAD_BYTES);
    };
    if (spec.host === SYSTEM_RESOLVER) askSystem(probe, spec, name, ask);
    else ask(spec);
  });
  return {
    prepare: (spec, owner) => inner.prepare(atServerPort(spec), owner),
    close() {
      inner.close();
      connector.close();
    },
  };
}

function atServerPort(spec: ProbeSpec<DnsCheck>): ProbeSpec<DnsCheck> {
  const port = spec.check.serverPort ?? (spec.port === 0 ? DNS_PORT : spec.port);
  return port === spec.port ? spec : { ...spec, port };
}

/** The name as answers will have it; an IP address in a PTR query stands for its reverse name. */
function canonicalQuery({ query, record }: DnsCheck): string {
  const address = record === 'PTR' ? addressBytes(query) : null;
  const text = address === null ? query : reverseName(address);
  // Punycode for what is not ASCII; underscores and escapes are no host names, and are left as they are.
  const ascii = /^[\x20-\x7e]*$/.test(text) ? text : domainToASCII(text);
  const bytes = encodeName(ascii);
  const read = bytes === null ? null : readName(bytes, 0);
  if (read === null) throw new SetupError(`the query ${JSON.stringify(query)} is not a domain name`);
  return read.name;
}

/** The hosts file first, then the system's first name server. */
function askSystem(
  probe: Probe,
  spec: ProbeSpec<DnsCheck>,
  name: string,
  ask: (at: ProbeSpec<DnsCheck>) => void,
): void {
  const server = systemServer();
  const askServer = (): void => {
    probe.where = hostPort(server.host, server.port);
    ask({ ...spec, ...server });
  };
  const { record: type } = spec.check;
  if (type !== 'A' && type !== 'AAAA') {
    askServer();
    return;
  }
  probe.phase = 'resolve';
  void hostsFileRecords(name, type === 'A' ? 4 : 6).then((addresses) =>
    probe.guard(() => {
      if (addresses.length === 0) askServer();
      else probe.end(judgeAnswer(spec.check, name, hostsFileAnswer(name, type, addresses)));
    }),
  );
}

const hostsFileAnswer = (name: string, type: 'A' | 'AAAA', addresses: readonly string[]): DnsMessage => ({
  id: 0,
  response: true,
  truncated: false,
  rcode: 0,
  edns: false,
  question: null,
  answers: addresses.map((address) => {
    const data = canonicalAddress(address);
    return { name, type, data, host: data };
  }),
});

type Query = { readonly id: number; readonly bytes: Buffer };

function newQuery({ record }: DnsCheck, name: string, payloadBytes: number | null): Query {
  const id = randomInt(0x10000);
  const bytes = encodeQuery({ id, name, type: record, payloadBytes });
  if (bytes === null) throw new SetupError(`the query ${JSON.stringify(name)} is not a domain name`);
  return { id, bytes };
}

/** Does the message answer the query? An error answer may leave the question out. */
function answers(message: DnsMessage, query: Query, name: string, check: DnsCheck): boolean {
  if (!message.response || message.id !== query.id) return false;
  const { question } = message;
  if (question === null) return message.rcode !== 0;
  return question.name === name && question.type === recordTypes[check.record] && question.class === 1;
}

function askOverUdp(
  probe: Probe,
  context: CheckerContext,
  connector: Connector,
  spec: ProbeSpec<DnsCheck>,
  name: string,
  payloadBytes: number | null,
): void {
  const query = newQuery(spec.check, name, payloadBytes);
  let ignored = 0;
  probe.describe = () =>
    ignored === 0 ? '' : `${ignored} ${ignored === 1 ? 'datagram' : 'datagrams'} that answer another query ignored`;
  resolveTarget(probe, context, spec.host, (address) => {
    openDatagramSocket(probe, spec, address, (socket) => {
      socket.on('message', (datagram) => {
        const read = decodeMessage(datagram);
        // Anybody can forge a datagram: only one that fits the query is an answer, good or bad.
        if (read.kind === 'malformed' || !answers(read.message, query, name, spec.check)) {
          ignored += 1;
          if (ignored > MAX_IGNORED_DATAGRAMS) {
            probe.refuse('protocol', `more than ${MAX_IGNORED_DATAGRAMS} datagrams that answer another query`);
          }
          return;
        }
        const { message } = read;
        const noEdns = !message.edns && (message.rcode === FORMERR || message.rcode === NOTIMP);
        if (message.truncated) probe.replace(() => askOverTcp(probe, connector, spec, name));
        else if (noEdns && payloadBytes !== null && rcodeName(message.rcode) !== spec.check.rcode) {
          // RFC 6891 section 7: a server that knows no EDNS may refuse the whole query.
          probe.replace(() => askOverUdp(probe, context, connector, spec, name, null));
        } else probe.end(located(judgeAnswer(spec.check, name, message), probe.where));
      });
      probe.phase = 'query';
      socket.send(query.bytes, (error) => {
        if (error !== null) probe.fail(error);
      });
    });
  });
}

function askOverTcp(probe: Probe, connector: Connector, spec: ProbeSpec<DnsCheck>, name: string): void {
  const query = newQuery(spec.check, name, EDNS_PAYLOAD_BYTES);
  connector.open(probe, spec, plainTcp, (connection) => {
    const socket: ByteStream = connection.socket;
    const held = new HeldBytes();
    const read = (chunk: Buffer): void => {
      const bytes = held.append(chunk);
      if (bytes.length < 2) return;
      const length = bytes.readUInt16BE(0);
      if (bytes.length < 2 + length) return;
      const answer = decodeMessage(bytes.subarray(2, 2 + length));
      if (answer.kind === 'malformed') {
        probe.refuse('protocol', `${answer.reason}`);
      } else if (!answers(answer.message, query, name, spec.check)) {
        probe.refuse('protocol', 'the answer over TCP is for another query');
      } else {
        probe.end(located(judgeAnswer(spec.check, name, answer.message), probe.where));
      }
    };
    const closed = (): void => probe.refuse('closed', `closed after ${held.length} bytes of the answer`);
    socket.on('data', read);
    socket.on('error', (error) => probe.end(socketFailure(error, probe.where)));
    socket.on('end', closed);
    socket.on('close', closed);
    const length = Buffer.alloc(2);
    length.writeUInt16BE(query.bytes.length);
    probe.phase = 'query';
    socket.write(Buffer.concat([length, query.bytes]));
  });
}

export { createDnsChecker as create };
