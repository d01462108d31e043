/** Text that must not be shown, with what may be shown of it. Two are equal when their raw texts are. */
export class Secret {
  readonly raw: string;
  readonly shown: string;
  constructor(raw: string, shown: string) {
    this.raw = raw;
    this.shown = shown;
  }
}

export const HIDDEN = '***';
export const secret = (raw: string): Secret => new Secret(raw, HIDDEN);

/** Names of headers and URL parameters that usually carry a credential. */
const TELLING = /auth|cookie|token|secret|passw|pwd|credential|key/iu;

export const secretHeaders = (headers: Readonly<Record<string, string>>): Record<string, string | Secret> =>
  Object.fromEntries(
    Object.entries(headers).map(([name, value]) => [name, TELLING.test(name) ? secret(value) : value]),
  );

/** A URL without its user information and telling parameters; the whole is hidden where it cannot be read. */
export const redactUrl = (text: string): string => {
  if (!URL.canParse(text)) return HIDDEN;
  const url = new URL(text);
  if (url.username !== '') url.username = HIDDEN;
  if (url.password !== '') url.password = HIDDEN;
  for (const name of [...url.searchParams.keys()]) if (TELLING.test(name)) url.searchParams.set(name, HIDDEN);
  return url.href;
};

export const secretUrl = (text: string): string | Secret => {
  const shown = redactUrl(text);
  return shown === new URL(text).href ? text : new Secret(text, shown);
};
