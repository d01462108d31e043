/** The .proto files of the package, loaded as they are. */
import { fileURLToPath } from 'node:url';
import {
  type GrpcObject,
  loadPackageDefinition,
  type ServiceClientConstructor,
  type ServiceDefinition,
} from '@grpc/grpc-js';
import { loadSync, type PackageDefinition } from '@grpc/proto-loader';
import { packageFile } from '../../../model/package.js';

const PROTO_ROOT = fileURLToPath(packageFile('proto'));
const FILES = ['ipvs.proto', 'vrrp.proto', 'healthcheck.proto', 'grpc/health/v1/health.proto'];

export const SERVICE_NAMES = [
  'seesaw.ipvs.IPVSManager',
  'seesaw.vrrp.VRRPNode',
  'seesaw.healthcheck.HealthCheckService',
  'grpc.health.v1.Health',
] as const;
export type ServiceName = (typeof SERVICE_NAMES)[number];

/** 64-bit numbers are text, enumerations their names; what is absent has its default, but messages and `optional` fields are null. */
export const loadDefinitions = (): PackageDefinition =>
  loadSync(FILES, {
    includeDirs: [PROTO_ROOT],
    keepCase: true,
    longs: String,
    enums: String,
    defaults: true,
    oneofs: true,
  });

/** A client of one of the services, for tests and tools. */
export function clientOf(definitions: PackageDefinition, name: ServiceName): ServiceClientConstructor {
  const found = name
    .split('.')
    .reduce<GrpcObject | undefined>(
      (object, part) => object?.[part] as GrpcObject | undefined,
      loadPackageDefinition(definitions),
    );
  if (found === undefined) throw new Error(`no ${name} in the definitions`);
  return found as unknown as ServiceClientConstructor;
}

export const serviceOf = (definitions: PackageDefinition, name: ServiceName): ServiceDefinition =>
  clientOf(definitions, name).service;
