/** The IPVS codec: requests are written from `IpvsRequest` values, answers read into the types beside them. */
export * from './ipvs-read.js';
export * from './ipvs-types.js';
export * from './ipvs-write.js';
