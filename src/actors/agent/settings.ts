import type { AgentConfig } from '../../config/sections/agent.js';
import type { Listen } from '../../model/config.js';
import { ConfigError, messageOf, unplacedIssue } from '../../model/errors.js';
import { msFromNs } from '../../model/units.js';
import { MAX_PEM_BYTES, readRegularFile } from '../../os/files/regular-file.js';
import { type AccessList, parseAccessList } from './access-list.js';
import type { AnswerStyle } from './answer.js';

/** HAProxy's operators are promised an answer within two seconds; this leaves room for the way back. */
const TOTAL_LIMIT_MS = 1900;

/** The agent's part of the configuration, ready to use. */
export type AgentSettings = {
  readonly listen: Listen;
  readonly allowClients: AccessList;
  readonly style: AnswerStyle;
  readonly useCheckResults: boolean;
  readonly channel: ChannelSettings;
};

export type ChannelSettings = {
  readonly connectTimeoutMs: number;
  readonly rpcTimeoutMs: number;
  /** For a whole check, a second connection included. */
  readonly totalTimeoutMs: number;
  readonly allowTargets: AccessList;
  readonly tls: { readonly ca: Buffer | null; readonly verify: boolean };
};

/** @throws RangeError for an access rule, ConfigError where the CA file is not usable */
export function agentSettings(config: AgentConfig): AgentSettings {
  const connectTimeoutMs = msFromNs(config.connectTimeoutNs);
  const rpcTimeoutMs = msFromNs(config.rpcTimeoutNs);
  return {
    listen: config.listen,
    allowClients: parseAccessList(config.allowClients),
    style: { reasons: config.reasons, weights: config.weights },
    useCheckResults: config.useCheckResults,
    channel: {
      connectTimeoutMs,
      rpcTimeoutMs,
      totalTimeoutMs: Math.min(TOTAL_LIMIT_MS, connectTimeoutMs + rpcTimeoutMs),
      allowTargets: parseAccessList(config.allowTargets),
      tls: { ca: config.caFile === null ? null : readCa(config.caFile), verify: config.tlsVerify },
    },
  };
}

function readCa(file: string): Buffer {
  try {
    return readRegularFile(file, MAX_PEM_BYTES).bytes;
  } catch (error) {
    const message = messageOf(error);
    throw new ConfigError([unplacedIssue({ file, path: 'agent.ca_file', message })]);
  }
}
