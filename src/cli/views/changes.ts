/** What a configuration changes, or would. */
import type { z } from 'zod';
import type { planView } from '../../actors/gateway/http/schemas.js';
import { safe } from '../text/table.js';
import type { Look } from './tables.js';

export function changeLines({ changes, drift }: z.infer<typeof planView>, { paint }: Look): readonly string[] {
  if (changes.length + drift.length === 0) return ['no changes'];
  return [
    ...changes.map(safe),
    ...(drift.length > 0 ? [paint('yellow', 'the data plane differs from the running configuration:')] : []),
    ...drift.map((each) => `  ${safe(each)}`),
  ];
}
