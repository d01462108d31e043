import { listen } from '../../schema/addresses.js';
import { filePath, socketPath } from '../../schema/leaves.js';
import { map } from '../../schema/maps.js';
import { defaultControlSocket } from '../environment.js';
import { filledSection } from '../section.js';

const schema = map({
  socket: socketPath()
    .nullable()
    .optional()
    .describe('The unix socket (0660); default: /run/fulcrum/fulcrum.sock, or $XDG_RUNTIME_DIR/fulcrum/fulcrum.sock'),
  http: listen().nullable().default(null).describe('Dashboard, API, /metrics, /health, /health/ready, /liveness'),
  grpc: listen().nullable().default(null).describe('The gRPC services'),
  token_file: filePath()
    .nullable()
    .default(null)
    .describe('File of the token that changes over TCP need; without it they are refused'),
});

export const control = filledSection(
  schema.prefault({}).describe('The API: always on the unix socket, on TCP only where listed'),
  ({ socket, ...rest }, environment) => ({
    ...rest,
    socket: socket === undefined ? defaultControlSocket(environment) : socket,
  }),
);
