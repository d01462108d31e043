/** The documents that Fulcrum runs on in these benches. */

/** Where the plain timer's datagrams go. */
export const NAIVE_PORT = 11_200;

const FLOOD_TARGETS = 10_000;
const TARGETS_PER_SERVICE = 500;
/** Nobody listens there: each check is a refused connection on the loopback. */
const FIRST_CLOSED_PORT = 20_000;

/** Ten thousand targets, each checked once a second. */
export function checkFlood(): object {
  const services = Array.from({ length: FLOOD_TARGETS / TARGETS_PER_SERVICE }, (_, service) => ({
    name: `flood-${service}`,
    address: '127.0.0.1',
    port: 10_000 + service,
    scheduler: 'rr',
    checks: [{ type: 'tcp', interval: '1s', timeout: '500ms' }],
    backends: Array.from({ length: TARGETS_PER_SERVICE }, (_, backend) => ({
      address: '127.0.0.1',
      port: FIRST_CLOSED_PORT + service * TARGETS_PER_SERVICE + backend,
    })),
  }));
  return { dataplane: { driver: 'dry-run' }, services };
}

export type VrrpDocument = {
  readonly interval: string;
  readonly priority: number;
  readonly hedge?: 'auto' | 'off';
  readonly stateDir: string;
};

export function vrrpDocument({ interval, priority, hedge = 'auto', stateDir }: VrrpDocument): object {
  return {
    node: { name: 'bench', state_dir: stateDir },
    control: { socket: null, http: null, grpc: null },
    dataplane: { driver: 'dry-run' },
    vrrp: {
      hedge,
      instances: [
        {
          name: 'vi1',
          interface: 'eth0',
          vrid: 60,
          priority,
          advert_interval: interval,
          addresses: ['10.78.0.100/24'],
        },
      ],
    },
  };
}
