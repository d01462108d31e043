/**
 * The effective configuration as JSON text, a page at a time: of 100,000 backends the whole would be a hundred megabytes, and
 * whoever made it, or sent it, would do nothing else for seconds. The pages' texts, put together, are the document.
 */

import type { Config } from '../model/config.js';
import type { ConfigPage, ConfigPlace } from '../model/config-page.js';
import { effectiveDocument } from './document.js';

/** A page ends at the first step beyond this: some milliseconds of work. */
const PAGE_LENGTH = 64 * 1024;
/** Backends that are written in one step: with the longest checks they are still less than a megabyte. */
const STEP_BACKENDS = 10;

type Shown = { readonly backends: readonly unknown[] };

/** `from` null: the first page. */
export function configPage(config: Config, from: ConfigPlace | null): ConfigPage {
  let text = from === null ? headOf(config) : '';
  let place: ConfigPlace | null = from ?? { service: 0, backend: 0 };
  while (place !== null && text.length < PAGE_LENGTH) {
    const step = stepAt(config, place);
    text += step.text;
    place = step.next;
  }
  return { text, next: place };
}

const headOf = (config: Config): string => {
  const { services: _, ...rest } = effectiveDocument({ ...config, services: [] });
  return `${JSON.stringify(rest).slice(0, -1)},"services":[`;
};

const END = ']}';

function stepAt(config: Config, { service: index, backend }: ConfigPlace): ConfigPage {
  const service = config.services[index];
  if (service === undefined) return { text: END, next: null };
  const after = backend + STEP_BACKENDS;
  const part = { ...service, backends: service.backends.slice(backend, after) };
  const [shown] = effectiveDocument({ ...config, services: [part] })['services'] as readonly Shown[];
  const { backends = [], ...own } = shown ?? {};
  const head = backend > 0 ? ',' : `${index > 0 ? ',' : ''}${JSON.stringify(own).slice(0, -1)},"backends":[`;
  const list = backends.map((each) => JSON.stringify(each)).join(',');
  return after < service.backends.length
    ? { text: `${head}${list}`, next: { service: index, backend: after } }
    : { text: `${head}${list}]}`, next: { service: index + 1, backend: 0 } };
}
