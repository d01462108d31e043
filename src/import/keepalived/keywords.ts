/**
 * Every keyword of keepalived 2.2 and 2.4, by the block that it stands in: `READ` where the mapping carries it over, else why not. So
 * a word that is left out is told apart from one that keepalived does not know either.
 */
import { nearest } from '../../wire/text/nearest.js';
import { globalKeywords, topKeywords } from './keywords/global.js';
import { checkerKeywords, realServerKeywords, virtualServerKeywords } from './keywords/services.js';
import { trackKeywords, vrrpKeywords } from './keywords/vrrp.js';
import { READ, type Words } from './keywords/words.js';

const contexts = {
  ...topKeywords,
  ...globalKeywords,
  ...vrrpKeywords,
  ...trackKeywords,
  ...virtualServerKeywords,
  ...realServerKeywords,
  ...checkerKeywords,
} as const satisfies Readonly<Record<string, Words>>;
export type Context = keyof typeof contexts;

/** Why a statement that nobody has read is not in the configuration. */
export function reasonFor(context: Context, keyword: string): string {
  const words: Words = contexts[context];
  if (Object.hasOwn(words, keyword)) {
    const reason = words[keyword];
    return reason === READ || reason === undefined ? 'nothing here can use it' : reason;
  }
  const near = nearest(keyword, Object.keys(words));
  return `keepalived has no such keyword here${near === undefined ? '' : `: the nearest is '${near}'`}`;
}
