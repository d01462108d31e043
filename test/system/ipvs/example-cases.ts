/** The checks of examples/full.yaml that go through the virtual address, with IPVS and the ends of its tunnels. */
import assert from 'node:assert/strict';
import type { GuestCases } from '../../support/rigs/guest.js';
import { addBridge, addHost, inHost, run, startNginx, startOn, until } from '../../support/rigs/vrrp/lab.js';

const VIP = '10.0.0.101';
const ETC = '/run/etc';
const LOG = '/run/log';

/** A backend in the other network, where packets come out of `device`. */
function addFar(name: string, address: string, device: string, type: string): void {
  addHost(name, { eth0: ['br1', `${address}/24`] });
  run(`ip -n ${name} route add 10.0.0.0/24 via 198.51.100.9`);
  run(`ip -n ${name} link add ${device} type ${type} local ${address}`);
  run(`ip -n ${name} addr add ${VIP}/32 dev ${device}`);
  run(`ip -n ${name} link set ${device} up`);
  for (const each of ['all', 'eth0', device]) inHost(name, `sysctl -qw net.ipv4.conf.${each}.rp_filter=0`);
  startNginx(name, [443]);
}

type Service = {
  readonly backends: readonly { readonly name: string; readonly state: string; readonly why: string }[];
};
const ask = (path: string): unknown =>
  JSON.parse(run(`curl -s --max-time 20 --unix-socket /run/fulcrum/fulcrum.sock http://fulcrum/api/v1${path}`));
const farStates = (): string =>
  (ask('/services/far') as Service).backends.map(({ name, state, why }) => `${name} ${state} (${why})`).join(', ');

export const cases: GuestCases = {
  'examples/full.yaml as it is written: its probes through the virtual address take the GUE and the GRE tunnel of IPVS':
    async () => {
      addBridge('br0');
      addBridge('br1');
      addHost('node', { eth0: ['br0', '10.0.0.2/24'], eth1: ['br1', '198.51.100.9/24'] });
      for (const each of ['all', 'eth0', 'eth1']) inHost('node', `sysctl -qw net.ipv4.conf.${each}.rp_filter=0`);
      inHost('node', 'sysctl -qw net.ipv4.ip_forward=1 net.ipv4.conf.all.accept_local=1');
      addFar('far-a', '198.51.100.1', 'ipip0', 'ipip');
      run('ip -n far-a fou add port 6080 gue');
      addFar('far-b', '198.51.100.2', 'gre1', 'gre');

      // The guest sees this machine's files: what the daemon reads and writes is the guest's own.
      run(`cp -a /etc ${ETC}`);
      run(`mkdir -p ${ETC}/fulcrum`);
      const files = `-keyout ${ETC}/fulcrum/client.key -out ${ETC}/fulcrum/client.pem`;
      run(`openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -subj /CN=lb1 -days 2 ${files}`);
      run(`cp ${ETC}/fulcrum/client.pem ${ETC}/fulcrum/ca.pem`);
      run(`cp /proc/sys/kernel/random/uuid ${ETC}/fulcrum/token`);
      const mounts = `mount --bind ${ETC} /etc && mount -t tmpfs tmpfs /var/lib`;
      const command = `${process.execPath} bin/fulcrum.js run -c examples/full.yaml`;
      const daemon = startOn('node', ['sh', '-c', `${mounts} && exec ${command}`], LOG);
      try {
        const healthy = /^far-a healthy .*, far-b healthy /;
        await until('both far backends are healthy', farStates, (seen) => healthy.test(seen), 150_000);
        const table = inHost('node', 'ipvsadm -S -n');
        assert.match(table, /-a -f \d{5,} -r 198\.51\.100\.1:\d+ -i -w 1 --tun-type gue --tun-port 6080/);
        assert.match(table, /-a -f \d{5,} -r 198\.51\.100\.2:\d+ -i -w 1 --tun-type gre/);

        run('ip -n far-b link set gre1 down');
        const without = /^far-a healthy .*, far-b unhealthy /;
        await until('far-b is out without its tunnel', farStates, (seen) => without.test(seen), 150_000);
      } catch (error) {
        throw new Error(`${String(error)}\n${run(`tail -n 25 ${LOG}`)}`);
      } finally {
        daemon.kill('SIGKILL');
      }
    },
};
