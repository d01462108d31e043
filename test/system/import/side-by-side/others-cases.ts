import { others } from '../../../support/fixtures/keepalived/configurations.js';
import { casesOf } from './compare.js';

export const cases = casesOf(others());
