import { word } from '../../schema/leaves.js';
import { map } from '../../schema/maps.js';
import { plainSection } from '../section.js';

const schema = map({
  level: word(['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'])
    .default('info')
    .describe('The least level'),
  format: word(['json', 'pretty']).default('json').describe('How lines look'),
});

export const log = plainSection(schema.prefault({}).describe('Logs, on stderr'));
