import { RefusedError } from '../../../model/errors.js';
import { MAX_IPVS_WEIGHT } from '../../../wire/ipvs/types.js';
import { connect } from '../../connection.js';
import type { Register } from '../../program.js';
import { backendPath, type OverrideOptions, overrideBase, serviceQuery } from './override.js';

export const register: Register = (program) => {
  overrideBase(program, 'weight', "set a backend's weight until the file's own changes; the file's takes it back")
    .argument('<weight>', `0 to ${MAX_IPVS_WEIGHT}; 0: no new connections`)
    .action(async (backend: string, text: string, { service, json, ...options }: OverrideOptions) => {
      const weight = weightOf(text);
      const { overrideView } = await import('../../../actors/gateway/http/schemas.js');
      const { printJson, printLines } = await import('../../output.js');
      const client = await connect(options);
      const sent = { contentType: 'application/json', text: JSON.stringify({ weight }) };
      const { changed } = await client.put(
        `${backendPath(backend)}/weight${serviceQuery(service)}`,
        overrideView,
        sent,
      );
      if (json === true) return printJson({ changed });
      if (changed.length === 0) return printLines([`nothing to do: ${backend} has weight ${weight} already`]);
      printLines(changed.map((each) => `${each}: weight ${weight}`));
    });
};

function weightOf(text: string): number {
  const weight = /^\d{1,5}$/.test(text) ? Number(text) : Number.NaN;
  if (weight <= MAX_IPVS_WEIGHT) return weight;
  throw new RefusedError(`${JSON.stringify(text)} is not a weight: a whole number from 0 to ${MAX_IPVS_WEIGHT} is`);
}
