import { word } from '../../schema/leaves.js';
import { map } from '../../schema/maps.js';
import { plainSection } from '../section.js';

const schema = map({
  level: word(['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'])
    .default('info')
    .describe('The least level that is written'),
  format: word(['json', 'pretty']).default('json').describe('json for programs, pretty for people'),
});

export const log = plainSection(schema.prefault({}).describe('Logs, on stderr'));
