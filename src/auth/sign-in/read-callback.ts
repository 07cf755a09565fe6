/** What Entra sent the browser back with. */
export interface CallbackAnswer {
  state: string;
  /** Exactly one of the two. */
  code: string | null;
  /** RFC 6749 4.1.2.1, in the form of an error code; Entra's description is not kept, because it can name people. */
  error: string | null;
  /** Whose answer it says it is (RFC 9207); null when it doesn't. Entra ID doesn't today. */
  issuer: string | null;
}

const MAX_CODE_LENGTH = 8192;
const MAX_ISSUER_LENGTH = 512;
const ERROR_FORM = /^[a-z_]{1,64}$/;

/** Entra sends more parameters than these, and may send others tomorrow, so only these are looked at. Null: not an answer. */
export function readCallback(query: Record<string, unknown>): CallbackAnswer | null {
  const { state, code, error, iss } = query;
  if (typeof state !== 'string' || state.length > 200) return null;
  if (iss !== undefined && (typeof iss !== 'string' || iss.length > MAX_ISSUER_LENGTH)) return null;
  const issuer = iss ?? null;
  if (typeof error === 'string' && code === undefined) {
    return { state, code: null, error: ERROR_FORM.test(error) ? error : 'unknown_error', issuer };
  }
  if (error !== undefined || typeof code !== 'string' || code === '' || code.length > MAX_CODE_LENGTH) return null;
  return { state, code, error: null, issuer };
}
