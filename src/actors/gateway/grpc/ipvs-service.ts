/** seesaw.ipvs.IPVSManager. */
import type { RuntimeEdit } from '../../dataplane/calls.js';
import type { ControlApi } from '../control-api.js';
import { unary } from './calls.js';
import {
  destinationMessage,
  getServicesMessage,
  keyMessage,
  serviceMessage,
  serviceReply,
  viewMatches,
} from './ipvs-messages.js';
import type { Handlers } from './server/handlers.js';

const change = { change: true } as const;

export function ipvsService(api: Pick<ControlApi, 'table' | 'editRuntime'>): Handlers {
  const edit = async (wanted: RuntimeEdit) => ({ success: true, message: await api.editRuntime(wanted) });
  return {
    AddService: unary(change, serviceMessage, (service) => edit({ edit: 'add-service', service })),
    UpdateService: unary(change, serviceMessage, (service) => edit({ edit: 'update-service', service })),
    DeleteService: unary(change, keyMessage, (match) => edit({ edit: 'delete-service', match })),
    GetServices: unary({ change: false }, getServicesMessage, async ({ service: wanted }) => {
      const { driver, services } = await api.table();
      const found = wanted === null ? services : services.filter((view) => viewMatches(view, wanted));
      return { driver, services: found.map(serviceReply) };
    }),
    AddDestination: unary(change, destinationMessage, ({ service: match, destination }) =>
      edit({ edit: 'add-destination', match, destination }),
    ),
    UpdateDestination: unary(change, destinationMessage, ({ service: match, destination }) =>
      edit({ edit: 'update-destination', match, destination }),
    ),
    DeleteDestination: unary(change, destinationMessage, ({ service: match, destination }) =>
      edit({ edit: 'delete-destination', match, address: destination.address, port: destination.port }),
    ),
  };
}
