/** The configuration module as the API uses it. */
import { effectiveDocument } from '../config/effective.js';
import { parseConfig } from '../config/load.js';
import type { Documents } from './routes.js';

export const configDocuments: Documents = {
  // JSON is YAML.
  parse: (text, format) =>
    parseConfig(text, { format: format === 'toml' ? 'toml' : 'yaml', file: '(request)', env: process.env }).config,
  show: effectiveDocument,
};
