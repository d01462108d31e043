/** What can be asked of the data plane. */
import type { ServiceMatch } from '../../model/config.js';
import type { DesiredDestination, DesiredService } from '../../model/dataplane/desired-service.js';
import type { DataplaneView } from '../../model/observing/dataplane-views.js';
import type { TrafficSumView } from '../../model/observing/views.js';
import { callsOf } from '../../wire/links/calls.js';

export type DataplaneCalls = {
  table: { readonly ask: Record<string, never>; readonly answer: DataplaneView };
  /** What flows to the backends of these services (null = of all), as far as the driver's table has them. In slices. */
  traffic: {
    readonly ask: { readonly services: readonly string[] | null };
    readonly answer: readonly BackendTraffic[];
  };
  /** What the driver would change to get from the kernel's table to the desired one now. */
  drift: { readonly ask: Record<string, never>; readonly answer: readonly string[] };
  /** Changes a service that lives beside the configuration; answered when the table has it. */
  'edit-runtime': { readonly ask: RuntimeEdit; readonly answer: { readonly message: string } };
};

export type BackendTraffic = TrafficSumView & { readonly service: string; readonly backend: string };

export type RuntimeService = Pick<
  DesiredService,
  'match' | 'scheduler' | 'schedulerFlags' | 'persistenceNs' | 'onePacket'
>;
export type RuntimeDestination = Omit<DesiredDestination, 'backend' | 'draining'>;
export type RuntimeEdit =
  | { readonly edit: 'add-service'; readonly service: RuntimeService }
  | { readonly edit: 'update-service'; readonly service: RuntimeService }
  | { readonly edit: 'delete-service'; readonly match: ServiceMatch }
  | {
      readonly edit: 'add-destination' | 'update-destination';
      readonly match: ServiceMatch;
      readonly destination: RuntimeDestination;
    }
  | {
      readonly edit: 'delete-destination';
      readonly match: ServiceMatch;
      readonly address: string;
      readonly port: number;
    };

export const dataplaneCalls = callsOf<DataplaneCalls>('dataplane');
