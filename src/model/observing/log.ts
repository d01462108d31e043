/** Pino's five usual methods: fields first, then the message. Records go to the log thread; a flood is dropped and counted. */
export type Log = {
  readonly [level in 'trace' | 'debug' | 'info' | 'warn' | 'error']: (fields: object, message: string) => void;
};
