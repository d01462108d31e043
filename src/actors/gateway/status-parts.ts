/** The status as JSON text in parts, so that a large one blocks its door no longer than a part takes. */
import type { BackendStatus, ServiceStatus } from '../../model/observing/views.js';

/** Less than a millisecond. */
const PART_BACKENDS = 200;

/** `config` null: without it. Its parts are JSON text themselves. */
export async function* statusParts(
  status: { readonly services: readonly ServiceStatus[] },
  config: AsyncIterable<string> | null,
): AsyncGenerator<string> {
  const { services, ...rest } = status;
  yield `${JSON.stringify(rest).slice(0, -1)},"services":[`;
  let part = '';
  let count = 0;
  for (const [index, { backends, ...own }] of services.entries()) {
    part += `${index > 0 ? ',' : ''}${JSON.stringify(own).slice(0, -1)},"backends":[`;
    for (let start = 0; start < backends.length; start += PART_BACKENDS) {
      const some = backends.slice(start, start + PART_BACKENDS);
      part += `${start > 0 ? ',' : ''}${listText(some)}`;
      count += some.length;
      if (count < PART_BACKENDS) continue;
      yield part;
      part = '';
      count = 0;
      await nextTurn();
    }
    part += ']}';
    count += 1;
  }
  yield `${part}]`;
  if (config !== null) {
    yield ',"config":';
    yield* config;
  }
  yield '}\n';
}

const listText = (backends: readonly BackendStatus[]): string => JSON.stringify(backends).slice(1, -1);
const nextTurn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
