/** Why a daemon cannot be reached, and what to do about it; null where the system's own words say as much. */
export function whyUnreachable(error: NodeJS.ErrnoException): string | null {
  const code = error.code ?? '';
  if (code === 'EPROTO' || code.startsWith('ERR_SSL_')) return tlsFailure(error.message);
  if (code.startsWith('HPE_')) {
    return 'what answers is no HTTP server: is it the right port? Where TLS is spoken, write https:// in the URL';
  }
  return Object.hasOwn(reasons, code) ? (reasons[code] ?? null) : null;
}

const untrusted =
  'its certificate is of an authority that is not trusted here: name the PEM file of the authority in NODE_EXTRA_CA_CERTS';

const reasons: Readonly<Record<string, string>> = {
  ENOENT: 'there is no such socket: is the daemon running? Name its socket with --socket, or its address with --url',
  ECONNREFUSED: 'nobody listens there: is the daemon running?',
  EACCES: 'this user may not use the socket: run as the daemon’s user or group, such as with sudo',
  DEPTH_ZERO_SELF_SIGNED_CERT: untrusted,
  SELF_SIGNED_CERT_IN_CHAIN: untrusted,
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: untrusted,
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: untrusted,
};

/** What OpenSSL says of bytes that are no TLS record. */
const NO_TLS = /wrong version number|packet length too long|http request|unknown protocol|invalid record/i;

/** From a line such as `...:error:0A00010B:SSL routines:ssl3_get_record:wrong version number:...`. */
function tlsFailure(message: string): string {
  if (NO_TLS.test(message)) {
    return 'that port does not speak TLS: write http:// in the URL (the daemon itself speaks plain HTTP; https:// is for a proxy before it)';
  }
  const reason = /SSL routines:[^:]*:([^:]+)/.exec(message)?.[1];
  return `the TLS handshake failed${reason === undefined ? '' : `: ${reason}`}`;
}
