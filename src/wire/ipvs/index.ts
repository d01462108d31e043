/** The IPVS codec: requests are written from `IpvsRequest` values, answers read into the types beside them. */
export * from './read.js';
export * from './types.js';
export * from './write.js';
