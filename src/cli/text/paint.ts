/** Colour where a person looks, none where a program reads. */
import { takesColour } from '../../wire/text/colour.js';

const codes = { red: 31, green: 32, yellow: 33, blue: 34, cyan: 36, dim: 2, bold: 1 } as const;
export type Colour = keyof typeof codes;
export type Paint = (colour: Colour, text: string) => string;

export const plain: Paint = (_colour, text) => text;
export const coloured: Paint = (colour, text) => (text === '' ? '' : `\x1b[${codes[colour]}m${text}\x1b[0m`);

export const paintFor = (stream: { readonly isTTY?: boolean }, env: NodeJS.ProcessEnv = process.env): Paint =>
  takesColour(stream.isTTY === true, env) ? coloured : plain;

/** The colour of a state, the same everywhere. */
export function colourOf(state: string): Colour {
  switch (state) {
    case 'healthy':
    case 'running':
    case 'master':
      return 'green';
    case 'unhealthy':
    case 'failed':
    case 'fault':
      return 'red';
    case 'draining':
    case 'degraded':
    case 'restarting':
    case 'starting':
      return 'yellow';
    case 'backup':
      return 'cyan';
    default:
      return 'dim';
  }
}
