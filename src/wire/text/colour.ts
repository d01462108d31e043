/**
 * Whether what goes to a stream may be coloured: a person looks at it, and has not asked for plain text (no-color.org). Pure:
 * `terminal` is what the system says of the stream.
 */
export const takesColour = (terminal: boolean, env: Readonly<Record<string, string | undefined>>): boolean =>
  terminal && !env['NO_COLOR'] && env['TERM'] !== 'dumb';
