/** docs/moving-from-keepalived.md, "Node by node", with a pair that a client uses. */
import { parse } from 'yaml';
import { needs } from '../../support/needs.js';
import { Keepalived } from '../../support/peers/keepalived.js';
import { runCommand } from '../../support/rigs/run-command.js';
import { startClient, startServer } from '../../support/rigs/vrrp/clients.js';
import { VrrpDaemon } from '../../support/rigs/vrrp/daemon.js';
import { createLan, type Host } from '../../support/rigs/vrrp/lan.js';

const VIP = '10.77.0.100';
const PORT = 80;

/** At its defaults: version 2, an advert each second, preemption. */
const keepalivedOn = (host: Host, priority: number): Keepalived =>
  new Keepalived(host, { priority, version: 2, password: 'secret12', interval: 1, vips: [`${VIP}/24`] });

/** The node is Fulcrum's from now on. */
async function move(keepalived: Keepalived): Promise<VrrpDaemon> {
  const { stdout } = await runCommand(['import', 'keepalived', keepalived.file]);
  await keepalived.stop();
  return new VrrpDaemon(keepalived.host, parse(stdout));
}

/** Who answered, and where requests were lost: `1!2` is a failover with its loss. */
const course = (outcomes: readonly string[]): string =>
  outcomes
    .map((outcome) => (outcome.startsWith('!') ? '!' : outcome.slice(1)))
    .filter((each, at, all) => each !== all[at - 1])
    .join('');

needs(
  'root',
  'ip',
  'nft',
  'keepalived',
)(
  'a pair of keepalived becomes one of Fulcrum node by node: its client sees one failover for each node, and no more',
  async (t) => {
    await using lan = await createLan(3);
    const [one, two, three] = [lan.host(1), lan.host(2), lan.host(3)];
    await using _first = await startServer(one, '0.0.0.0', PORT);
    await using _second = await startServer(two, '0.0.0.0', PORT);
    await using master = keepalivedOn(one, 150);
    await master.becomes('MASTER');
    await using backup = keepalivedOn(two, 100);
    await backup.becomes('BACKUP');
    await using client = startClient(three, VIP, PORT);
    const { outcomes } = client;
    await client.servedBy('1', 0);

    const mark = outcomes.mark;
    await using second = await move(backup);
    await second.becomes('backup');
    await client.servedBy('1', outcomes.mark);
    t.is(course(outcomes.items.slice(mark)), '1', 'the backup moves, and the client does not notice');

    const { mark: before } = outcomes;
    await using first = await move(master);
    t.regex(await second.becomes('master'), /^the master resigned: 10\.77\.0\.1/);
    // It is preferred, as it was, and comes back as soon as it has started.
    await first.becomes('master');
    await client.servedBy('1', outcomes.mark);
    const all = course(outcomes.items.slice(before));
    t.log(all);
    // Each of the two turns loses what is under way, and nothing else is lost; a slow client may miss a turn.
    t.regex(all, /^1?!?(2!?)?1$/);
    t.deepEqual(second.states(), ['backup', 'master', 'backup']);
    t.deepEqual(first.states(), ['backup', 'master']);
  },
);
