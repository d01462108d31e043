import type { MessagePort } from 'node:worker_threads';
import { Observable } from 'rxjs';

/** What a port receives, as a stream. It completes when the port closes; unsubscribing removes the listeners. */
export const fromPort = (port: MessagePort): Observable<unknown> =>
  new Observable((subscriber) => {
    const onMessage = (value: unknown) => subscriber.next(value);
    const onClose = () => subscriber.complete();
    port.on('message', onMessage);
    port.on('close', onClose);
    return () => {
      port.off('message', onMessage);
      port.off('close', onClose);
    };
  });
