import type { z } from 'zod';
import { AUTO, type DriverDescriptor } from '../../dataplane/descriptor.js';
import { candidatesFor, driverNamed, drivers } from '../../dataplane/drivers.js';
import { addressBytes, isMulticast } from '../../model/ip-address.js';
import { NS_PER_MS, ns } from '../../model/units.js';
import { ipAddress } from '../../schema/addresses.js';
import { duration, integer, interfaceName, name, port, word } from '../../schema/leaves.js';
import { map } from '../../schema/maps.js';
import { say } from '../../schema/messages.js';
import type { Report, Subject } from '../../schema/report.js';
import type { Draft } from '../../schema/walk.js';
import { nearest } from '../../wire/text/nearest.js';
import { plainSection } from '../section.js';

const multicastGroup = () =>
  ipAddress('a multicast address').refine((address) => isMulticast(addressBytes(address) ?? new Uint8Array()), {
    error: say('a multicast address', 'one of 224.0.0.0/4 or ff00::/8 is allowed, such as 224.0.0.81 or ff02::5'),
  });

/** The kernel's attributes of a synchronisation daemon (linux/ip_vs.h). */
const sync = map({
  instance: name('a name of an instance').describe('The VRRP instance to follow: its master sends, the others receive'),
  interface: interfaceName().describe('Where the multicast goes'),
  sync_id: integer('a sync id', 0, 255).default(0).describe('The same on both nodes; 0 takes from every id'),
  group: multicastGroup().nullable().default(null).describe("Multicast address; default: the kernel's 224.0.0.81"),
  port: port().nullable().default(null).describe("UDP port; default: the kernel's 8848"),
  ttl: integer('a time to live', 1, 255)
    .nullable()
    .default(null)
    .describe("Time to live of the packets; default: the kernel's 1"),
});

export const driverWord = <Kind extends string>(known: readonly (DriverDescriptor & { readonly kind: Kind })[]) =>
  word([AUTO, ...known.map(({ kind }) => kind)]);
const tried = candidatesFor(AUTO).map(({ kind }) => kind);

const schema = map({
  driver: driverWord(drivers)
    .default(AUTO)
    .describe(`What carries the traffic; auto: ${tried.join(' where it can, else ')}`),
  reconcile_interval: duration({ min: ns(100 * NS_PER_MS) })
    .prefault('30s')
    .describe("How often the kernel's table is compared and repaired"),
  manage: word(['own', 'all']).default('own').describe('own: only services that fulcrum made; all: the whole table'),
  on_stop: word(['flush', 'keep'])
    .default('flush')
    .describe('flush removes the services at a stop; keep leaves them, as a crash does'),
  max_removals: integer('a number of services', 1, 1e6)
    .nullable()
    .default(10)
    .describe('Services removed per round at most; null: no limit'),
  sync: sync
    .nullable()
    .default(null)
    .describe('Connection synchronisation between the nodes; none without this section'),
});

type Document = {
  readonly dataplane?: Draft<z.output<typeof schema>> | undefined;
  readonly vrrp?:
    | { readonly instances?: readonly ({ readonly name?: string | undefined } | undefined)[] | undefined }
    | undefined;
};

export const dataplane = plainSection(
  schema.prefault({}).describe('Where the result goes'),
  ({ document }: Subject<Document>, report: Report) => {
    const { sync } = document.dataplane ?? {};
    const driver = driverNamed(document.dataplane?.driver);
    if (!sync) return;
    const path = ['dataplane', 'sync'];
    const known = document.vrrp?.instances?.flatMap((instance) => instance?.name ?? []) ?? [];
    if (sync.instance !== undefined && !known.includes(sync.instance)) {
      const near = nearest(sync.instance, known);
      const hint = near === undefined ? 'there are no instances' : `the nearest known one is '${near}'`;
      report.error([...path, 'instance'], `there is no VRRP instance '${sync.instance}': ${hint}`);
    }
    if (driver?.synchronises === false) {
      const able = drivers.flatMap(({ synchronises, title }) => (synchronises ? [title] : [])).join(' and ');
      report.warning(path, `only ${able} synchronises connections: with the driver ${driver.kind} this has no effect`);
    }
  },
);
