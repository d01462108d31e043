/** The configuration module as the API uses it. */
import { effectiveDocument } from '../config/effective.js';
import { ConfigReader } from '../workers/config-reader.js';
import type { Documents } from './routes.js';

/** Documents that wait to be read: each holds its text in memory. */
const MAX_WAITING = 4;

export function configDocuments(): Documents {
  const reader = new ConfigReader(MAX_WAITING);
  return {
    parse: async (text, format, options) => {
      // JSON is YAML.
      const document = { kind: 'text', text, name: '(request)', format: format === 'toml' ? 'toml' : 'yaml' } as const;
      return (await reader.read({ document, options })).config;
    },
    show: effectiveDocument,
  };
}
