/** The configuration module as the API uses it. */

import { packConfigOf } from '../../config/reading/config-reader.js';
import { formatIssue } from '../../model/errors.js';
import type { ActorContext } from '../../workers/actor.js';
import type { Documents } from './http/routes.js';

export function configDocuments(log: Pick<ActorContext['log'], 'warn'>): Documents {
  return {
    pack: async ({ bytes, format }, options, signal) => {
      // JSON is YAML.
      const kind = format === 'toml' ? 'toml' : 'yaml';
      const document = { kind: 'text', bytes, name: '(request)', format: kind } as const;
      const { config, warnings } = await packConfigOf(document, options, signal);
      const [first] = warnings;
      // Anybody may send documents: a line for each warning would fill a disk.
      if (first !== undefined) {
        const more = warnings.length === 1 ? '' : ` (and ${warnings.length - 1} more warnings)`;
        log.warn({ warnings: warnings.length }, `${formatIssue(first)}${more}`);
      }
      return config;
    },
  };
}
