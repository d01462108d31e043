/** V8 copies shorter parts of a string, and lets longer ones refer to the whole. */
const SHORTEST_REFERENCE = 13;

/**
 * The same text as an allocation of its own, for what is kept: the strings of a decoded message refer to the text of the
 * whole message, up to 100 KB that live as long as one of them does. `text` is well-formed, as every decoded one is.
 */
export const ownString = (text: string): string =>
  text.length < SHORTEST_REFERENCE ? text : Buffer.from(text).toString();
