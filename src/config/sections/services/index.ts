import type { ServiceConfig } from '../../../model/config.js';
import type { Section } from '../../section.js';
import { buildServices, serviceDocument } from './build.js';
import { serviceRules } from './rules.js';
import { services as schema } from './schema.js';

export const services = {
  schema,
  model: { build: buildServices, write: (model: readonly ServiceConfig[]) => model.map(serviceDocument) },
  rules: serviceRules,
} satisfies Section;
