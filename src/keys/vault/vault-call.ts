import type { DomainError } from '../../kernel/errors/domain-error.js';
import { keysError } from '../keys.errors.js';

/** For all tries of one call: a start that finds no vault says so within this time. */
export const VAULT_CALL_MS = 10_000;
/** For one try. */
export const VAULT_TRY_MS = 3000;
/** Tries after the first. */
export const VAULT_RETRIES = 2;

/**
 * One call of a key vault that is cut off after VAULT_CALL_MS.
 *
 * @param vault for people: which key of which vault
 * @param operation for people: what was asked
 * @param refused which errors of the vault say that what was wrapped isn't opened by this key, rather than that it can't be asked
 * @throws DomainError keys.vault_unavailable; the vault's own error when it is `refused`
 */
export async function vaultCall<T>(
  vault: string,
  operation: string,
  call: (signal: AbortSignal) => Promise<T>,
  refused: (error: unknown) => boolean = () => false,
): Promise<T> {
  try {
    return await call(AbortSignal.timeout(VAULT_CALL_MS));
  } catch (cause) {
    if (refused(cause)) throw cause;
    throw unavailable(vault, operation, reasonOf(cause), cause);
  }
}

/** An answer that isn't of the key that was asked for: a mistaken endpoint, or somebody in between. */
export function vaultMistaken(vault: string, asked: string, answered: string | undefined): DomainError {
  return keysError('keys.vault_mistaken', {
    detail: `${vault} was asked for ${asked} and answered for ${answered ?? 'no key'}. Nothing was stored; look at the vault and its endpoint.`,
  });
}

/** An answer without what was asked for: something else than a key vault is there. */
export function vaultSpeechless(vault: string, operation: string): DomainError {
  return unavailable(vault, operation, FOREIGN);
}

function unavailable(vault: string, operation: string, reason: string, cause?: unknown): DomainError {
  return keysError('keys.vault_unavailable', {
    detail: `${vault}, ${operation}: ${reason}. Check the way to the vault, the credentials of this service and that the key is enabled.`,
    cause,
  });
}

const FOREIGN = 'what answers there does not speak as a key vault; a proxy, or another address, perhaps';
/** What SDKs throw over an answer that they can't read: it isn't JSON, or says nothing that they know. */
const UNREADABLE = new Set(['SyntaxError', 'TypeError', 'Unknown']);
const CREDENTIALS = /Credential|^Authentication|^AggregateAuthentication|^TokenProvider/;

/** What its SDK says in short: a code or a name and the status, never a message, which may carry what was sent. */
function reasonOf(error: unknown): string {
  const { code, name, statusCode, $metadata } = error as {
    code?: unknown;
    name?: unknown;
    statusCode?: unknown;
    $metadata?: { httpStatusCode?: unknown };
  };
  const status = statusCode ?? $metadata?.httpStatusCode;
  const ofStatus = status === undefined ? '' : `, status ${String(status)}`;
  const what = typeof code === 'string' && code !== '' ? code : typeof name === 'string' ? name : 'unknown fault';
  if (UNREADABLE.has(what)) return `${FOREIGN}${ofStatus}`;
  if (CREDENTIALS.test(what)) return `this service has no credentials for it, or they are refused (${what})`;
  return status === undefined ? `no answer (${what})` : `${what}${ofStatus}`;
}
