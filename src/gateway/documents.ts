/** The configuration module as the API uses it. */
import { formatIssue } from '../errors.js';
import type { ActorContext } from '../workers/actor.js';
import { ConfigReader } from '../workers/config-reader.js';
import type { Documents } from './routes.js';

/** Documents that wait to be read: each holds its text in memory. */
const MAX_WAITING = 4;

export function configDocuments(log: Pick<ActorContext['log'], 'warn'>): Documents {
  const reader = new ConfigReader(MAX_WAITING);
  return {
    parse: async (text, format, options) => {
      // JSON is YAML.
      const document = { kind: 'text', text, name: '(request)', format: format === 'toml' ? 'toml' : 'yaml' } as const;
      const { config, warnings } = await reader.read({ document, options });
      for (const warning of warnings) log.warn({}, formatIssue(warning));
      return config;
    },
  };
}
