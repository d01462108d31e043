/** A configuration as bytes, for links: what it shares, such as one check of many backends, is written once and stays shared. */
import { Packr } from 'msgpackr';
import type { Config } from '../model/config.js';
import { packBytes } from './pack-bytes.js';

const packr = new Packr({ useRecords: false, structuredClone: true, int64AsType: 'number' });

export const packConfig = (config: Config): Uint8Array<ArrayBuffer> => packBytes(packr, config);

/** What `packConfig` made, in this process: nothing else comes here. */
export const unpackConfig = (bytes: Uint8Array): Config => packr.unpack(bytes) as Config;
