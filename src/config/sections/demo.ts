import { listen } from '../../schema/addresses.js';
import { list, map } from '../../schema/maps.js';
import { plainSection } from '../section.js';

const schema = map({
  backends: list(listen(), 'addresses').prefault([]).describe('Small HTTP servers that the daemon starts itself'),
});

export const demo = plainSection(schema.prefault({}).describe('For a first look only'));
