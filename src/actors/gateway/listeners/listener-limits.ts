/** What a client of the control API may cost the daemon. */
import { MAX_FILE_BYTES } from '../../../config/limits.js';

/** A configuration document: what the configuration module reads at most. */
export const MAX_BODY_BYTES = MAX_FILE_BYTES;
/** What the doors hold of messages that are not whole yet: four documents of full size, two of them of one client. */
export const RECEIVED_BYTES = { total: 4 * MAX_BODY_BYTES, perClient: 2 * MAX_BODY_BYTES };
/** Request line and headers together; a token and what browsers add are well below 4 KiB. */
export const MAX_HEADER_BYTES = 16 * 1024;
/** Header fields of one request; a browser sends about twenty. */
export const MAX_HEADERS = 100;
/** `%5B` and its like triple the length of a name in a path. */
export const MAX_PATH_PARAM_LENGTH = 1024;
/** Of one listener. */
export type ListenerLimits = typeof DOOR_LIMITS;
export const DOOR_LIMITS = {
  /** Dashboards, scrapers and scripts, not traffic. Whoever comes from one address leaves the rest to others. */
  connections: { total: 512, perClient: 384 },
  /** A client must bring its headers, and then its whole request, within this. */
  headersTimeoutMs: 10_000,
  requestTimeoutMs: 30_000,
  /** How often the two limits above are looked at. */
  timeoutCheckMs: 2_000,
  /** A connection on which nothing moves: a client that never reads its answer. */
  idleTimeoutMs: 30_000,
  /** Between two requests. */
  keepAliveTimeoutMs: 15_000,
  /** What a stop waits for answers under way. */
  closeGraceMs: 2_000,
};

/** Answers that are being made or sent, of one listener; whoever comes from one address leaves the rest to others. */
export const REQUESTS_IN_FLIGHT = { total: 128, perClient: 96 };
/** What they hold in memory together: the view of 100,000 backends, or many small ones. */
export const MAX_UNSENT_BYTES = 64 * 1024 * 1024;
/** Of one client: one that never reads leaves the rest to others. */
export const MAX_UNSENT_OF_CLIENT = 48 * 1024 * 1024;
/** What an answer that is made while it is sent holds of it: a part that waits, and one that is being sent. */
export const UNSENT_PARTS_BYTES = 1024 * 1024;
/** Bytes of bodies that are coming or waiting, of one listener: nothing of them has been looked at yet. */
export const HELD_BODIES = {
  total: 3 * MAX_BODY_BYTES,
  /** A second document may come while the first is read. */
  perClient: 2 * MAX_BODY_BYTES,
};
/** Nothing moves on a connection while its document waits, is read, compared and applied. */
export const DOCUMENT_LIMIT_MS = 300_000;
/** Documents that wait to be read, of one listener. */
export const MAX_WAITING_DOCUMENTS = 16;
/** Of one client. */
export const MAX_WAITING_OF_CLIENT = 2;
/** Followers of the event stream, of one listener. */
export const MAX_EVENT_CLIENTS = 64;
/** Untaken bytes of one follower, beyond which it is disconnected: it can resume. */
export const MAX_EVENT_BACKLOG_BYTES = 1024 * 1024;
/** Proxies and browsers give a silent stream up after 30 to 60 s. */
export const EVENT_HEARTBEAT_MS = 15_000;
/** Of the token file; a token is a line. */
export const MAX_TOKEN_BYTES = 4096;
/** Below this a token can be guessed. */
export const MIN_TOKEN_LENGTH = 16;
