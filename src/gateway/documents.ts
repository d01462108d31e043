/** The configuration module as the API uses it. */
import { CommandError } from '../errors.js';
import type { Documents } from './routes.js';

export const configDocuments: Documents = {
  parse: () => {
    throw new CommandError('ERR_UNAVAILABLE', 'pending');
  },
  show: () => ({}),
};
