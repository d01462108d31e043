import { listen } from '../../schema/addresses.js';
import { map } from '../../schema/maps.js';
import { plainSection } from '../section.js';

const schema = map({
  listen: listen().nullable().default(null).describe('An extra listener for /metrics alone'),
});

export const metrics = plainSection(schema.prefault({}).describe('Prometheus metrics'));
