import { closeSync, openSync } from 'node:fs';
import { type Command, InvalidArgumentError, Option } from 'commander';
import type { BenchOptions } from '../../../bench/support/bench.js';
import type { Report } from '../../../bench/support/report.js';
import { messageOf } from '../../model/errors.js';
import type { Register } from '../program.js';

type Options = { readonly json?: string; readonly html?: string; readonly quick?: boolean };

/** A day of packets fills the memory. */
const MAX_MINUTES = 1440;

type Entry = {
  readonly name: string;
  readonly description: string;
  /** Adds what this bench alone takes. */
  readonly extend?: (command: Command) => Command;
  /** Loaded when it is asked for. */
  readonly load: () => Promise<(options: BenchOptions) => Promise<Report>>;
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
      'fulcrum-plain',
      'keepalived-plain',
      'setInterval',
      'raw-socket',
    ]),
  );

/** Every bench, in the order of the help. */
const benches: readonly Entry[] = [
  {
    name: 'jitter',
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
    load: async () => (await import('../../../bench/jitter.js')).runJitterBench,
  },
  {
    name: 'failover',
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
    load: async () => (await import('../../../bench/failover.js')).runFailoverBench,
  },
  {
    name: 'checks',
    description: 'what health checks cost, and how many there can be, beside haproxy, a Go and a C program',
    load: async () => (await import('../../../bench/checks.js')).runChecksBench,
  },
  {
    name: 'ipvs',
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
    load: async () => (await import('../../../bench/ipvs.js')).runIpvsBench,
  },
];

/** Said before a measurement of minutes, not after it. */
const writable = (path: string): string => {
  try {
    closeSync(openSync(path, 'a'));
  } catch (error) {
    throw new InvalidArgumentError(`it cannot be written: ${messageOf(error)}`);
  }
  return path;
};

export const register: Register = (program) => {
  const parent = program
    .command('bench')
    .description('measure this machine: what Fulcrum does on it, beside its peers in the same run');
  for (const { name, description, extend = (command: Command) => command, load } of benches) {
    extend(parent.command(name).description(description))
      .addOption(new Option('--json <file>', 'write the results as JSON').argParser(writable))
      .addOption(new Option('--html <file>', 'write the results as a page with plots').argParser(writable))
      .option('--quick', 'one short round of each measurement, to see that it works')
      .action(async ({ json, html, quick = false, ...options }: Options) => {
        const { writeReport } = await import('../../../bench/support/report.js');
        const { formatReport } = await import('../../../bench/support/text.js');
        const bench = await load();
        process.stdout.write(formatReport(writeReport(await bench({ quick, ...options }), { json, html })));
      });
  }
};
