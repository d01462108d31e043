import { z } from 'zod';
import { name } from '../../../schema/leaves.js';
import { say } from '../../../schema/messages.js';
import type { Section } from '../../section.js';
import { check } from './schema.js';

const schema = z
  .record(name('a name of a check'), check, { error: say('a map of checks', 'names with checks are expected') })
  .prefault({})
  .describe('Named checks, usable by any backend');

/** The services that name a check hold it; who uses none is told with them. */
export const checks = { schema, model: null } satisfies Section;
