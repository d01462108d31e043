import { ConfigError } from '../../../model/errors.js';
import type { Place } from '../../notes.js';

/** The file cannot be read any further. */
export const unreadable = ({ file, line }: Place, keyword: string, message: string): ConfigError =>
  new ConfigError([{ file, line, column: 1, path: keyword, message }]);
