/** What a checker writes its options with: handed to it, so that whoever only probes does not load zod. */
import { z } from 'zod';
import { domainName, endpoint, url } from './addresses.js';
import { tlsOptions } from './check-options.js';
import { headers } from './headers.js';
import { bool, bytes, filePath, integer, name, port, refuse, secret, text, word } from './leaves.js';
import { spelled } from './mapping.js';
import { list, map } from './maps.js';

export const kit = {
  z,
  bool,
  bytes,
  domainName,
  endpoint,
  filePath,
  headers,
  integer,
  list,
  map,
  name,
  port,
  refuse,
  secret,
  spelled,
  text,
  tlsOptions,
  url,
  word,
};
export type Kit = typeof kit;
