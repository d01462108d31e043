/** Each bench's line in the help, and what it takes beside `--json`, `--html` and `--quick`. In the order of the help. */
import { type Command, InvalidArgumentError, Option } from 'commander';
import type { BenchName } from '../../../../bench/catalogue.js';

/** A day of packets fills the memory. */
const MAX_MINUTES = 1440;

type Entry = {
  readonly description: string;
  readonly extend?: (command: Command) => Command;
};

const count = (text: string): number => {
  const value = Number(text);
  if (!Number.isSafeInteger(value) || value < 1)
    throw new InvalidArgumentError('a whole number of 1 or more is allowed');
  return value;
};
const minutes = (text: string): number => {
  const value = Number(text);
  if (!(value > 0 && value <= MAX_MINUTES))
    throw new InvalidArgumentError('minutes, more than 0, are allowed: a day at most');
  return value;
};
const interval = (command: Command, fallback: number): Command =>
  command.addOption(
    new Option('--interval-ms <ms>', 'advert interval').argParser(count).default(fallback, `${fallback}`),
  );
const rounds = (command: Command): Command =>
  command.addOption(new Option('--rounds <count>', 'rounds of each measurement').argParser(count));
const seconds = (command: Command): Command =>
  command.addOption(new Option('--seconds <count>', 'of each measurement').argParser(count));
const loads = (command: Command): Command =>
  command.addOption(
    new Option('--loads <names...>', 'what keeps the machine busy').choices([
      'none',
      'garbage',
      'cpu',
      'checks',
      'disk',
    ]),
  );
const senders = (command: Command): Command =>
  command.addOption(
    new Option('--senders <names...>', 'who is measured').choices([
      'fulcrum',
      'keepalived',
      'fulcrum-alone',
      'fulcrum-plain',
      'keepalived-plain',
      'setInterval',
      'raw-socket',
    ]),
  );

export const benches: Readonly<Record<BenchName, Entry>> = {
  jitter: {
    description: 'how evenly VRRP adverts are on the wire under load, beside keepalived and a plain timer (root)',
    extend: (command) =>
      senders(loads(interval(command, 20)))
        .addOption(
          new Option('--adverts <count>', 'adverts of each sender under each load (default: 1500)').argParser(count),
        )
        .addOption(
          new Option(
            '--drift-minutes <n>',
            'listen to each sender for so long, under garbage unless --loads says otherwise',
          )
            .argParser(minutes)
            .conflicts(['adverts', 'quick']),
        ),
  },
  failover: {
    description: 'how exactly a VRRP backup takes over, beside keepalived (root)',
    extend: (command) =>
      senders(loads(command))
        .addOption(
          new Option('--interval-ms <ms>', 'advert interval (default: 100; with --storm-minutes 10)').argParser(count),
        )
        .addOption(new Option('--rounds <count>', 'take-overs of each under each load (default: 30)').argParser(count))
        .addOption(
          new Option(
            '--storm-minutes <n>',
            'instead: a master and a backup in a garbage storm, where nothing may fail over',
          )
            .argParser(minutes)
            .conflicts(['rounds', 'loads', 'senders', 'quick']),
        ),
  },
  checks: {
    description: 'what health checks cost, and how many there can be, beside haproxy, a Go and a C program',
  },
  ipvs: {
    description: 'how fast the IPVS table is written, beside ipvsadm and keepalived, in a User Mode Linux guest (root)',
    extend: (command) =>
      command
        .option('--here', 'on this machine’s own kernel, which must have IPVS')
        .option(
          '--realtime',
          'all that is measured, ours and theirs, at SCHED_RR 1: decisions.conf of docs/dataplane.md',
        )
        .addOption(new Option('--weights <count>', 'weight changes (default: 2000)').argParser(count))
        .addOption(new Option('--kills <count>', 'backends killed under each checker (default: 100)').argParser(count))
        .addOption(new Option('--rounds <count>', 'whole tables (default: 3)').argParser(count)),
  },
  proxy: {
    description: 'the embedded proxy beside haproxy in TCP mode (nginx, haproxy, wrk, curl)',
    extend: (command) => seconds(rounds(command)),
  },
  agent: {
    description: 'the HAProxy agent beside one made of @grpc/grpc-js',
    extend: (command) => seconds(rounds(command)),
  },
  start: {
    description: 'how long a start takes, and what memory a daemon holds, beside keepalived (root)',
    extend: rounds,
  },
  documents: {
    description: 'plans of documents that want to hurt: how late others are answered, and what memory they take',
    extend: (command) => command.addOption(new Option('--titles <begin...>', 'the documents whose titles begin so')),
  },
  soak: {
    description: 'healthy backends under load for an hour: is any result false? (nginx); exit 1 if one is',
    extend: (command) =>
      command
        .addOption(new Option('--minutes <n>', 'with every backend healthy (default: 60)').argParser(minutes))
        .addOption(new Option('--backends <count>', 'default: 10000').argParser(count))
        .addOption(new Option('--interval-ms <ms>', 'of each check (default: 5000)').argParser(count))
        .addOption(new Option('--load <name>', 'what keeps the machine busy').choices(['none', 'garbage', 'cpu'])),
  },
};
