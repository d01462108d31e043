import { isatty } from 'node:tty';
import { takesColour } from '../../wire/text/colour.js';

const STDERR = 2;

/** Asked by its descriptor: `process.stderr` of a worker thread does not know. */
export const stderrTakesColour = (): boolean => takesColour(isatty(STDERR), process.env);
