/** seesaw.ipvs.IPVSManager. */
import type { UntypedServiceImplementation } from '@grpc/grpc-js';
import type { RuntimeEdit } from '../../wire/requests.js';
import type { Questions } from '../questions.js';
import { type CallContext, unary } from './calls.js';
import {
  destinationMessage,
  getServicesMessage,
  keyMessage,
  serviceMessage,
  serviceReply,
  viewMatches,
} from './ipvs-messages.js';

const change = { change: true } as const;

export function ipvsService(
  context: CallContext,
  questions: Pick<Questions, 'table' | 'editRuntime'>,
): UntypedServiceImplementation {
  const edit = async (wanted: RuntimeEdit) => ({ success: true, message: await questions.editRuntime(wanted) });
  return {
    AddService: unary(context, change, serviceMessage, (service) => edit({ edit: 'add-service', service })),
    UpdateService: unary(context, change, serviceMessage, (service) => edit({ edit: 'update-service', service })),
    DeleteService: unary(context, change, keyMessage, (match) => edit({ edit: 'delete-service', match })),
    GetServices: unary(context, { change: false }, getServicesMessage, async ({ service: wanted }) => {
      const { driver, services } = await questions.table();
      const found = wanted === null ? services : services.filter((view) => viewMatches(view, wanted));
      return { driver, services: found.map(serviceReply) };
    }),
    AddDestination: unary(context, change, destinationMessage, ({ service: match, destination }) =>
      edit({ edit: 'add-destination', match, destination }),
    ),
    UpdateDestination: unary(context, change, destinationMessage, ({ service: match, destination }) =>
      edit({ edit: 'update-destination', match, destination }),
    ),
    DeleteDestination: unary(context, change, destinationMessage, ({ service: match, destination }) =>
      edit({ edit: 'delete-destination', match, address: destination.address, port: destination.port }),
    ),
  };
}
