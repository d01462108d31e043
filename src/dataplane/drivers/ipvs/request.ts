import type { Change } from '../../../model/dataplane/change.js';
import type { IpvsRequest } from '../../../wire/ipvs/write.js';
import { ipvsKey, toIpvsDestination, toIpvsService } from './entry.js';

/** What the kernel is asked for a change of the table. */
export function ipvsRequestOf(change: Change): IpvsRequest {
  const service = ipvsKey(change.service.match);
  switch (change.kind) {
    case 'add-service':
      return { kind: 'newService', service: toIpvsService(change.service) };
    case 'set-service':
      return { kind: 'setService', service: toIpvsService(change.service) };
    case 'remove-service':
      return { kind: 'delService', service };
    case 'add-destination':
      return { kind: 'newDest', service, destination: toIpvsDestination(change.destination) };
    case 'set-destination':
    // The kernel changes the way of forwarding in place too: running connections keep the old one, new ones have the new
    // one, and there is no moment without the destination.
    case 'replace-destination':
      return { kind: 'setDest', service, destination: toIpvsDestination(change.destination) };
    case 'remove-destination':
      return {
        kind: 'delDest',
        service,
        destination: { address: change.destination.address, port: change.destination.port },
      };
    default:
      return change satisfies never;
  }
}
