import type { NamedOptions, OwningCheck } from '../component.js';

export type QdrantOptions = { /** Sent as the `api-key` header. */ readonly apiKey?: string };

/** The first is what older servers and gateways in front offer, the second Qdrant's own. */
const paths: readonly string[] = ['health', 'healthz'];

/** @throws TypeError when `url` is not an http(s) URL; the message does not repeat it, as it may hold credentials */
export function qdrantCheck(url: string, named: NamedOptions, { apiKey }: QdrantOptions = {}): OwningCheck {
  const { base, headers } = parse(url, apiKey);
  let candidates = paths;
  return {
    ...named,
    secrets: apiKey === undefined ? [url] : [url, apiKey],
    async check(signal) {
      for (const path of candidates) {
        const response = await fetch(new URL(path, base), { signal, headers, redirect: 'manual' });
        await response.body?.cancel();
        if (response.ok) {
          candidates = [path];
          return undefined;
        }
        if (response.status !== 404) throw new Error(`GET /${path} answered ${response.status}`);
      }
      const tried = candidates.map((path) => `/${path}`).join(' and ');
      candidates = paths;
      throw new Error(`GET ${tried} answered 404`);
    },
  };
}

function parse(url: string, apiKey: string | undefined): { base: URL; headers: Record<string, string> } {
  const base = URL.canParse(url) ? new URL(url) : null;
  if (base === null || !/^https?:$/.test(base.protocol)) {
    throw new TypeError('the Qdrant URL must be like http://localhost:6333');
  }
  const headers: Record<string, string> = {};
  if (apiKey !== undefined) headers['api-key'] = apiKey;
  if (base.username !== '') {
    const credentials = `${decodeURIComponent(base.username)}:${decodeURIComponent(base.password)}`;
    headers['authorization'] = `Basic ${Buffer.from(credentials).toString('base64')}`;
  }
  // fetch refuses URLs with credentials, and a relative path needs the slash.
  base.username = '';
  base.password = '';
  if (!base.pathname.endsWith('/')) base.pathname += '/';
  return { base, headers };
}
