/** What keepalived would say of an event: to its notify scripts as arguments, into its notify FIFO as a line. */
import type { ServiceMatch } from '../../model/config.js';
import type { EventBody } from '../../model/observing/events.js';

/** What the event itself does not tell. */
export type Surroundings = {
  /** The effective priority of a VRRP instance. */
  readonly priorityOf: (instance: string) => number;
  readonly serviceOf: (service: string) => ServiceMatch | undefined;
  readonly backendOf: (
    service: string,
    backend: string,
  ) => { readonly address: string; readonly port: number } | undefined;
};

/** The types of events that it has words for. */
export const keepalivedTypes: readonly EventBody['type'][] = [
  'vrrp-state',
  'sync-group-state',
  'service-state',
  'backend-state',
];

const vrrpWords: Readonly<Record<string, string>> = {
  master: 'MASTER',
  backup: 'BACKUP',
  fault: 'FAULT',
  init: 'STOP',
};
const backendWords: Readonly<Record<string, string>> = { healthy: 'UP', unhealthy: 'DOWN', disabled: 'DOWN' };

/** Null where keepalived has no word for it. */
export function keepalivedWords(event: EventBody, around: Surroundings): readonly string[] | null {
  switch (event.type) {
    case 'vrrp-state': {
      const state = vrrpWords[event.to];
      return state === undefined
        ? null
        : ['INSTANCE', event.instance, state, String(around.priorityOf(event.instance))];
    }
    case 'sync-group-state': {
      const state = vrrpWords[event.to];
      return state === undefined ? null : ['GROUP', event.group, state, '0'];
    }
    case 'service-state': {
      const service = around.serviceOf(event.service);
      return service === undefined ? null : ['VS', serviceText(service), event.healthy ? 'UP' : 'DOWN'];
    }
    case 'backend-state': {
      const state = backendWords[event.to];
      const service = around.serviceOf(event.service);
      const backend = around.backendOf(event.service, event.backend);
      if (state === undefined || service === undefined || backend === undefined) return null;
      return ['RS', endpointText({ ...backend, protocol: service.protocol }), serviceText(service), state];
    }
    default:
      return null;
  }
}

/** Names are quoted there, and addresses are not. */
export function keepalivedLine([kind = '', name = '', ...rest]: readonly string[]): string {
  const quoted = kind === 'INSTANCE' || kind === 'GROUP' ? `"${name}"` : name;
  return `${[kind, quoted, ...rest].join(' ')}\n`;
}

type Endpoint = { readonly address: string; readonly port: number; readonly protocol: string };
const endpointText = ({ address, port, protocol }: Endpoint): string => `[${address}]:${protocol}:${port}`;
const serviceText = (service: ServiceMatch): string =>
  service.kind === 'fwmark' ? `FWM ${service.fwmark}` : endpointText(service);
