import { type MessagePort, receiveMessageOnPort } from 'node:worker_threads';
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

/** Hands over what lies in a port: a thread's end is told in another way, which may be quicker than its last words. */
export function drainPort(port: MessagePort, take: (value: unknown) => void): void {
  for (let next = receiveMessageOnPort(port); next !== undefined; next = receiveMessageOnPort(port)) take(next.message);
}
