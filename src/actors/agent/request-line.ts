/** One request of HAProxy's agent check: `<server> <port> <ssl|no-ssl> <proxy_host>`. */
export type AgentRequest = {
  /** A name or an IP literal, without brackets. */
  readonly host: string;
  readonly port: number;
  readonly tls: boolean;
  /** The gRPC :authority, and the name that the certificate must have. */
  readonly authority: string;
};

export type ParsedLine =
  | { readonly kind: 'request'; readonly request: AgentRequest }
  | { readonly kind: 'malformed'; readonly reason: string };

/** A host name has at most 253 characters (RFC 1035); with a port or brackets a few more. */
const MAX_NAME_LENGTH = 260;

const namePattern = /^[A-Za-z0-9_](?:[A-Za-z0-9._-]*[A-Za-z0-9_.])?$/;
const ipv6Pattern = /^(?:\[[0-9A-Fa-f:.]+(?:%[\w.-]+)?\]|[0-9A-Fa-f]*:[0-9A-Fa-f:.]*:[0-9A-Fa-f.]*(?:%[\w.-]+)?)$/;
const authorityPattern = /^[A-Za-z0-9._:[\]%-]+$/;

/** Reads a line without its end. Total: any text gives a value. */
export function parseRequestLine(line: string): ParsedLine {
  const fields = line.split(/[ \t]+/).filter((field) => field !== '');
  const [server, portText, ssl, authority] = fields;
  if (fields.length !== 4 || server === undefined || portText === undefined || authority === undefined) {
    return malformed(`${fields.length} fields; expected are: server port ssl|no-ssl proxy_host`);
  }
  if (server.length > MAX_NAME_LENGTH || !(namePattern.test(server) || ipv6Pattern.test(server))) {
    return malformed('the server is neither a host name nor an IP address');
  }
  const port = /^\d{1,5}$/.test(portText) ? Number(portText) : 0;
  if (port < 1 || port > 65_535) return malformed('the port is not from 1 to 65535');
  if (ssl !== 'ssl' && ssl !== 'no-ssl') return malformed('the third field is neither ssl nor no-ssl');
  if (authority.length > MAX_NAME_LENGTH || !authorityPattern.test(authority)) {
    return malformed('the proxy_host is no host name');
  }
  const host = server.startsWith('[') ? server.slice(1, -1) : server;
  return { kind: 'request', request: { host, port, tls: ssl === 'ssl', authority } };
}

const malformed = (reason: string): ParsedLine => ({ kind: 'malformed', reason });

/** What is checked, as one word: equal words are the same check. */
export const requestKey = ({ host, port, tls, authority }: AgentRequest): string =>
  `${host} ${port} ${tls ? 'ssl' : 'no-ssl'} ${authority}`;
