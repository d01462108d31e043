/** Server reflection, by the library that knows it. */
import { Duplex } from 'node:stream';
import type { handleBidiStreamingCall, ServerDuplexStream } from '@grpc/grpc-js';
import type { PackageDefinition } from '@grpc/proto-loader';
import { ReflectionService } from '@grpc/reflection';
import { SMALL_MESSAGE_BYTES } from '../calls.js';
import type { TwoWayStream } from './handlers.js';
import type { GrpcServer } from './server.js';

type Reflect = handleBidiStreamingCall<unknown, object>;

export function addReflection(server: GrpcServer, definitions: PackageDefinition): void {
  new ReflectionService(definitions).addToServer({
    addService: (service, implementation) => {
      const open = (stream: TwoWayStream): void => (implementation['ServerReflectionInfo'] as Reflect)(asCall(stream));
      server.add(service, {
        ServerReflectionInfo: { kind: 'two-way', change: false, maxMessageBytes: SMALL_MESSAGE_BYTES, open },
      });
    },
  });
}

/** The library reads, writes and ends the call as a stream, and nothing more. */
function asCall(stream: TwoWayStream): ServerDuplexStream<unknown, object> {
  const call = new Duplex({
    objectMode: true,
    read: () => undefined,
    write: (message: object, _encoding, done) => {
      stream.write(message);
      done();
    },
    final: (done) => {
      stream.end();
      done();
    },
  });
  stream.onMessage((message) => call.push(message));
  stream.onRequestEnd(() => call.push(null));
  stream.onEnd(() => call.destroy());
  return call as unknown as ServerDuplexStream<unknown, object>;
}
