import { replaceSecrets } from '../kernel/text/secret-forms.js';

/** Members that are never logged, wherever they stand in a logged object. */
const SECRET_NAMES = [
  'authorization',
  'cookie',
  'set-cookie',
  'password',
  'secret',
  'secretText',
  'clientSecret',
  'client_secret',
  'token',
  'accessToken',
  'access_token',
  'refreshToken',
  'refresh_token',
  'idToken',
  'id_token',

  'code_verifier',
  'codeVerifier',
  'client_assertion',
  'masterKey',
  'MASTER_KEY',
  'DATABASE_URL',
  'ENTRA_CLIENT_SECRET',
  'METRICS_TOKEN',
  'privateKey',
] as const;

/** Pino redaction paths: each secret name at the top, and one and two levels down. */
export const REDACTED_PATHS = SECRET_NAMES.flatMap((name) => {
  const member = /^[a-z_]+$/i.test(name) ? name : null;
  return member ? [member, `*.${member}`, `*.*.${member}`] : [`["${name}"]`, `*["${name}"]`, `*.*["${name}"]`];
});

/**
 * An error as the log may have it: name, message and stack. Messages of database drivers can carry values and messages of
 * HTTP clients whole URLs, so query strings are cut, what looks like a secret is left out, and long messages are shortened.
 */
export function loggableError(error: unknown): Record<string, unknown> {
  if (!(error instanceof Error)) return { message: shorten(String(error)) };
  const code = (error as { code?: unknown }).code;
  return {
    type: error.name,
    message: shorten(error.message),
    ...(typeof code === 'string' ? { code } : {}),
    stack: error.stack === undefined ? undefined : shorten(error.stack, 4000),
    ...(error.cause === undefined ? {} : { cause: loggableError(error.cause) }),
  };
}

/** What somebody else wrote, without what looks like a secret in it. */
export function loggableText(text: string): string {
  return replaceSecrets(text, () => '[redacted]');
}

function shorten(text: string, limit = 1000): string {
  const cut = loggableText(text).replaceAll(/(https?:\/\/[^\s?#]+)[?#][^\s]*/g, '$1?…');
  return cut.length > limit ? `${cut.slice(0, limit)}…` : cut;
}
