/** seesaw.ipvs.IPVSManager. */
import type { RuntimeEdit } from '../../wire/requests.js';
import type { Questions } from '../questions.js';
import { unary } from './calls.js';
import type { Handlers } from './handlers.js';
import {
  destinationMessage,
  getServicesMessage,
  keyMessage,
  serviceMessage,
  serviceReply,
  viewMatches,
} from './ipvs-messages.js';

const change = { change: true } as const;

export function ipvsService(questions: Pick<Questions, 'table' | 'editRuntime'>): Handlers {
  const edit = async (wanted: RuntimeEdit) => ({ success: true, message: await questions.editRuntime(wanted) });
  return {
    AddService: unary(change, serviceMessage, (service) => edit({ edit: 'add-service', service })),
    UpdateService: unary(change, serviceMessage, (service) => edit({ edit: 'update-service', service })),
    DeleteService: unary(change, keyMessage, (match) => edit({ edit: 'delete-service', match })),
    GetServices: unary({ change: false }, getServicesMessage, async ({ service: wanted }) => {
      const { driver, services } = await questions.table();
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
