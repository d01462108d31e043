/** Limits on what a configuration may cost before anything in it is believed. */

/** Ten thousand backends with checks of their own take about 2 MB; ten times that fits. */
export const MAX_FILE_BYTES = 16 * 1024 * 1024;
/** The document nests 6 deep. The parsers recurse, and a stack overflow inside a regular expression kills the process. */
export const MAX_DEPTH = 32;
/** YAML tokens; a hundred thousand plain backends have 3.8 million. The parser needs up to 400 bytes for each. */
export const MAX_YAML_TOKENS = 4_000_000;
/** `=`, `,`, `#` and brackets of a TOML text; ten thousand backends have some 120,000. Its parser needs some 3 KB for each. */
export const MAX_TOML_MARKS = 300_000;
/** Longest string in TOML. Its parser spreads strings into arguments, of which a call takes some 120,000. */
export const MAX_TOML_STRING = 100_000;
/** Values after the expansion of YAML aliases, which otherwise grows exponentially with the file's size; 100,000 backends have 600,000. */
export const MAX_VALUES = 1_000_000;
/** Text (keys and strings) after the expansion of YAML aliases, and of the checks of all backends once each has its own. */
export const MAX_EXPANDED_BYTES = 64 * 1024 * 1024;
/** Checks of all backends together: each is a target that a monitor probes; one node is measured with 100,000. */
export const MAX_CHECKS = 1_000_000;
/** Addresses and ports of one service: each is a service in the data plane, with all backends. */
export const MAX_PLACES = 1024;
/** Backends of one service at all of its addresses and ports: more than any configuration has at one. */
export const MAX_DESTINATIONS = 250_000;
/** Changes told in one plan; nobody reads more. */
export const MAX_CHANGES = 10_000;
/** Characters of a value in a change, or a refused key: enough to know it by. */
export const MAX_SHOWN = 200;
/** Errors told in one pass. A binary file would have millions; nobody reads more. */
export const MAX_ISSUES = 200;
