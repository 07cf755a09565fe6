import { ConfidentialClientApplication, type Configuration } from '@azure/msal-node';
import { GraphFault } from './graph-fault.js';
import type { TokenSource } from './graph-sender.js';

const TOKEN_PATH = 'token';
const TIMEOUT_MS = 20_000;

/**
 * Application tokens (client credentials) for one tenant. MSAL keeps them until shortly before they expire; a token that
 * Graph refused is asked for anew.
 *
 * @param configuration made by confidentialClientConfiguration; called at the first use, so that missing credentials fail the
 *   scan with their words and not the start
 */
export function appTokens(configuration: () => Configuration, scope: string): TokenSource {
  let client: ConfidentialClientApplication | undefined;
  return async (fresh, signal) => {
    signal.throwIfAborted();
    try {
      client ??= new ConfidentialClientApplication(configuration());
      const result = await within(
        TIMEOUT_MS,
        client.acquireTokenByClientCredential({ scopes: [scope], skipCache: fresh }),
      );
      if (result === null || result.accessToken === '') throw new Error('the authority gave no token');
      return result.accessToken;
    } catch (error) {
      throw new GraphFault(
        TOKEN_PATH,
        'sign-in of this service',
        `Entra ID gave no token for Graph (${reasonOf(error)})`,
        { cause: error },
      );
    }
  };
}

function within<T>(ms: number, work: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => reject(new Error(`no answer within ${ms / 1000} s`)), ms);
  });
  return Promise.race([work, late]).finally(() => clearTimeout(timer));
}

/** MSAL's own error code; its messages can quote the request. */
function reasonOf(error: unknown): string {
  const code = (error as { errorCode?: unknown }).errorCode ?? (error as { code?: unknown }).code;
  return typeof code === 'string' && /^[\w.-]{1,80}$/.test(code)
    ? code
    : error instanceof Error
      ? error.name
      : 'unknown';
}
