/** The client's side of SCRAM-SHA-256 (RFC 5802, RFC 7677), without channel binding, as PostgreSQL asks for passwords. */
import { createHash, createHmac, pbkdf2, timingSafeEqual } from 'node:crypto';
import { promisify } from 'node:util';

export const SCRAM_MECHANISM = 'SCRAM-SHA-256';
/** "No channel binding": `n,,` and its base64. */
const GS2_HEADER = 'n,,';
const GS2_BASE64 = 'biws';
/** A server may ask for any; this many take about 0.1 s of one thread, PostgreSQL's default is 4096. */
const MAX_ITERATIONS = 200_000;
/** PostgreSQL's salts have 16 bytes. */
const MAX_SALT_BYTES = 1024;
const KEY_BYTES = 32;

const derive = promisify(pbkdf2);

/** The first message. PostgreSQL takes the user name from the startup message, so it is empty here. */
export const scramFirst = (nonce: string): string => `${GS2_HEADER}n=,r=${nonce}`;

export type ScramFinal =
  | {
      readonly kind: 'final';
      readonly message: string /** What the server's last message must say. */;
      readonly verifier: string;
    }
  | { readonly kind: 'malformed'; readonly reason: string };

export type SaltedPassword = (password: string, salt: Buffer, iterations: number) => Promise<Buffer>;

/** Takes time on purpose: callers keep the result for the same salt. */
export const saltPassword: SaltedPassword = (password, salt, iterations) =>
  derive(password.normalize('NFKC'), salt, iterations, KEY_BYTES, 'sha256');

/** The second message, in answer to the server's first. */
export async function scramFinal(
  nonce: string,
  password: string,
  serverFirst: string,
  salted: SaltedPassword = saltPassword,
): Promise<ScramFinal> {
  const match = /^r=([\x21-\x2b\x2d-\x7e]+),s=([A-Za-z0-9+/]+={0,2}),i=(\d{1,9})(?:,.*)?$/.exec(serverFirst);
  if (match === null) return malformed('a malformed SCRAM message');
  const [, serverNonce = '', saltText = '', iterationText = ''] = match;
  if (!serverNonce.startsWith(nonce) || serverNonce.length === nonce.length)
    return malformed('a SCRAM nonce that is not ours');
  const iterations = Number(iterationText);
  if (iterations < 1 || iterations > MAX_ITERATIONS) {
    return malformed(`${iterations} SCRAM iterations; 1 to ${MAX_ITERATIONS} are done`);
  }
  const salt = Buffer.from(saltText, 'base64');
  if (salt.length > MAX_SALT_BYTES) return malformed('a SCRAM salt of more than 1024 bytes');
  const saltedPassword = await salted(password, salt, iterations);
  const clientKey = hmac(saltedPassword, 'Client Key');
  const withoutProof = `c=${GS2_BASE64},r=${serverNonce}`;
  const authMessage = `n=,r=${nonce},${serverFirst},${withoutProof}`;
  const signature = hmac(createHash('sha256').update(clientKey).digest(), authMessage);
  const proof = Buffer.from(clientKey.map((byte, index) => byte ^ (signature[index] ?? 0)));
  const verifier = hmac(hmac(saltedPassword, 'Server Key'), authMessage).toString('base64');
  return { kind: 'final', message: `${withoutProof},p=${proof.toString('base64')}`, verifier };
}

/** Does the server's last message prove that it knows the password too? */
export function scramVerified(serverFinal: string, verifier: string): boolean {
  const expected = Buffer.from(`v=${verifier}`);
  const received = Buffer.from(serverFinal.split(',')[0] ?? '');
  return expected.length === received.length && timingSafeEqual(expected, received);
}

const hmac = (key: Uint8Array, text: string): Buffer => createHmac('sha256', key).update(text).digest();
const malformed = (reason: string): ScramFinal => ({ kind: 'malformed', reason });
