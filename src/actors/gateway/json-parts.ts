/** Long answers as JSON text in parts, so that a large one blocks its door no longer than a part takes. */

/** Less than a millisecond of work. */
const PART_LENGTH = 64 * 1024;
/** As long as a part takes. */
const ITEMS_PER_TURN = 2000;

/** Puts the pieces together to parts, and lets others have their turn between two of them. */
export async function* inParts(pieces: Iterable<string>): AsyncGenerator<string> {
  let part = '';
  for (const piece of pieces) {
    part += piece;
    if (part.length < PART_LENGTH) continue;
    yield part;
    part = '';
    await nextTurn();
  }
  yield `${part}\n`;
}

/** Does steps until the last gives the result, and lets others have their turn in between. */
export async function inTurns<T>(steps: Iterator<undefined, T>): Promise<T> {
  for (let count = 1; ; count += 1) {
    const step = steps.next();
    if (step.done === true) return step.value;
    if (count % ITEMS_PER_TURN === 0) await nextTurn();
  }
}

const nextTurn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

/** The items may be made while they are taken. */
export function* listText<T>(
  items: Iterable<T>,
  textOf: (item: T) => Iterable<string> = (item) => [JSON.stringify(item)],
): Generator<string> {
  let before = '[';
  for (const item of items) {
    yield before;
    yield* textOf(item);
    before = ',';
  }
  yield before === '[' ? '[]' : ']';
}

/** An object whose last field is a long list. */
export function* objectText(own: object, key: string, list: Iterable<string>): Generator<string> {
  yield `${JSON.stringify(own).slice(0, -1)},"${key}":`;
  yield* list;
  yield '}';
}

export const serviceText = ({ backends, ...own }: { readonly backends: Iterable<unknown> }): Iterable<string> =>
  objectText(own, 'backends', listText(backends));

/** `config` null: without it. Its parts are JSON text themselves. */
export async function* statusParts(
  status: { readonly services: readonly { readonly backends: readonly unknown[] }[] },
  config: AsyncIterable<string> | null,
): AsyncGenerator<string> {
  const { services, ...rest } = status;
  yield `${JSON.stringify(rest).slice(0, -1)},"services":`;
  yield* inParts(listText(services, serviceText));
  if (config !== null) {
    yield ',"config":';
    yield* config;
  }
  yield '}\n';
}
