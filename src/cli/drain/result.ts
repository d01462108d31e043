/** How far a drain is, or how it ended: from what the API says of a backend. Pure. */
import type { ListedBackend } from '../../model/observing/views.js';
import { safe } from '../text/table.js';

export type DrainResult = {
  /** `service/backend`. */
  readonly key: string;
  /** `draining`: not over. `undone`: someone enabled or disabled it. `gone`: it is not in the configuration any more. */
  readonly result: 'drained' | 'cut' | 'draining' | 'undone' | 'gone';
  /** Connections that are left, or were cut; null = not counted. */
  readonly connections: number | null;
  readonly why: string;
};

export const keyOf = ({ service, name }: Pick<ListedBackend, 'service' | 'name'>): string => `${service}/${name}`;

export function resultOf(key: string, backend: ListedBackend | undefined): DrainResult {
  if (backend === undefined) {
    return { key, result: 'gone', connections: null, why: 'it is not in the configuration any more' };
  }
  const { drain, state, why } = backend;
  switch (drain?.state) {
    case undefined:
      return { key, result: 'undone', connections: null, why: `it does not drain any more: ${state}: ${why}` };
    case 'draining':
      return { key, result: 'draining', connections: drain.left, why };
    case 'drained':
      return { key, result: drain.cut === 0 ? 'drained' : 'cut', connections: drain.cut, why };
    default:
      return drain satisfies never;
  }
}

export const isGood = ({ result }: DrainResult): boolean => result === 'drained';

export const resultLine = ({ key, why }: DrainResult): string => safe(`${key}: ${why}`);

/** `backend` as in `changed`. */
export const resultJson = ({ key, ...rest }: DrainResult): object => ({ backend: key, ...rest });
