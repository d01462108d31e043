/** What a hostile file may cost: its sequences and definitions grow exponentially. */

/** Lines after the expansion: ten thousand virtual servers with ten real servers each have about as many. */
export const MAX_LINES = 500_000;
/** Text after the expansion. */
export const MAX_EXPANDED = 64 * 1024 * 1024;
/** Of one line, expanded; keepalived's own buffer has 1024 bytes. */
export const MAX_LINE = 64 * 1024;
/** Definitions within definitions, sequences within sequences, blocks within blocks: keepalived knows 5 levels of blocks. */
export const MAX_NESTING = 64;
/** Replacements in one line: one that contains itself would never end. */
export const MAX_REPLACEMENTS = 1000;
/** Files of one configuration. */
export const MAX_FILES = 4096;
