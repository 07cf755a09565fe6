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
    throw keysError('keys.vault_unavailable', {
      detail: `${vault}, ${operation}: ${reasonOf(cause)}. Check the way to the vault, the credentials of this service and that the key is enabled.`,
      cause,
    });
  }
}

/** An answer that isn't of the key that was asked for: a mistaken endpoint, or somebody in between. */
export function vaultMistaken(vault: string, asked: string, answered: string | undefined): DomainError {
  return keysError('keys.vault_mistaken', {
    detail: `${vault} was asked for ${asked} and answered for ${answered ?? 'no key'}. Nothing was stored; look at the vault and its endpoint.`,
  });
}

/** What its SDK says in short: a code or a name and the status, never a message, which may carry what was sent. */
function reasonOf(error: unknown): string {
  const { code, name, statusCode, $metadata } = error as {
    code?: unknown;
    name?: unknown;
    statusCode?: unknown;
    $metadata?: { httpStatusCode?: unknown };
  };
  const status = statusCode ?? $metadata?.httpStatusCode;
  const what = typeof code === 'string' && code !== '' ? code : typeof name === 'string' ? name : 'unknown fault';
  return status === undefined ? `no answer (${what})` : `${what}, status ${String(status)}`;
}
