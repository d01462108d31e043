/** Attribute numbers of linux/ip_vs.h, for the two halves of the codec. */

export const commandAttribute = {
  service: 1,
  destination: 2,
  daemon: 3,
  timeoutTcp: 4,
  timeoutTcpFin: 5,
  timeoutUdp: 6,
} as const;

export const serviceAttribute = {
  family: 1,
  protocol: 2,
  address: 3,
  port: 4,
  fwmark: 5,
  scheduler: 6,
  flags: 7,
  timeout: 8,
  netmask: 9,
  statistics: 10,
  persistenceEngine: 11,
  statistics64: 12,
} as const;

export const destinationAttribute = {
  address: 1,
  port: 2,
  forwarding: 3,
  weight: 4,
  upperThreshold: 5,
  lowerThreshold: 6,
  activeConnections: 7,
  inactiveConnections: 8,
  persistentConnections: 9,
  statistics: 10,
  family: 11,
  statistics64: 12,
  tunnelType: 13,
  tunnelPort: 14,
  tunnelFlags: 15,
} as const;

export const daemonAttribute = {
  state: 1,
  interface: 2,
  syncId: 3,
  maxLength: 4,
  group: 5,
  group6: 6,
  port: 7,
  ttl: 8,
} as const;

export const statisticsAttribute = {
  connections: 1,
  packetsIn: 2,
  packetsOut: 3,
  bytesIn: 4,
  bytesOut: 5,
  connectionsPerS: 6,
  packetsInPerS: 7,
  packetsOutPerS: 8,
  bytesInPerS: 9,
  bytesOutPerS: 10,
} as const;

export const infoAttribute = { version: 1, connectionTableSize: 2 } as const;

/** As Linux numbers address families. */
export const AF_INET = 2;
export const AF_INET6 = 10;
