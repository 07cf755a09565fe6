import { ConfidentialClientApplication, type Configuration, ServerError } from '@azure/msal-node';
import { DomainError } from '../kernel/errors/domain-error.js';
import { GraphFault } from './graph-fault.js';
import type { TokenSource } from './graph-sender.js';

const TOKEN_PATH = 'token';
const TIMEOUT_MS = 20_000;

/** What Entra's codes say of an application's own credential, in words for whoever has to mend it. */
const MEANINGS: Readonly<Record<string, string>> = {
  AADSTS7000215: 'the client secret is wrong',
  AADSTS7000222: 'the client secret has expired',
  AADSTS700016:
    'the application is not known in this tenant: the client id is wrong, or nobody there has consented to it',
  AADSTS700027: 'the certificate is none of the application, or has expired',
  AADSTS7000229: 'the application is not known in this tenant: an administrator there has to consent to it',
  AADSTS7000112: 'the application is disabled',
  AADSTS70021: 'no federated credential of the application fits the token of the platform',
  AADSTS700211: 'no federated credential of the application fits the issuer of the token of the platform',
  AADSTS700213: 'no federated credential of the application fits the subject of the token of the platform',
  AADSTS90002: 'there is no such tenant in this cloud',
  AADSTS53003: 'Conditional Access of the tenant blocks the application',
};

/**
 * Application tokens (client credentials) for one tenant. MSAL keeps them until shortly before they expire; a token that
 * Graph refused is asked for anew.
 *
 * @param configuration made by confidentialClientConfiguration; called at the first use, so that missing credentials fail the
 *   scan with their words and not the start
 */
export function appTokens(configuration: () => Promise<Configuration> | Configuration, scope: string): TokenSource {
  let client: ConfidentialClientApplication | undefined;
  return async (fresh, signal) => {
    signal.throwIfAborted();
    try {
      client ??= new ConfidentialClientApplication(await configuration());
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
        `Entra ID gave no token for Graph${meaningOf(error)} (${reasonOf(error)})`,
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

/** MSAL's own error code and Entra's; its messages can quote the request. */
function reasonOf(error: unknown): string {
  const code = (error as { errorCode?: unknown }).errorCode ?? (error as { code?: unknown }).code;
  if (typeof code !== 'string' || !/^[\w.-]{1,80}$/.test(code)) return error instanceof Error ? error.name : 'unknown';
  const entraCode = entraCodeOf(error);
  return entraCode === null ? code : `${code}, ${entraCode}`;
}

function meaningOf(error: unknown): string {
  const meaning = error instanceof DomainError ? (error.detail ?? error.title) : MEANINGS[entraCodeOf(error) ?? ''];
  return meaning === undefined ? '' : `: ${meaning.replace(/\.$/, '')}`;
}

function entraCodeOf(error: unknown): string | null {
  return error instanceof ServerError ? (/AADSTS\d{3,7}/.exec(error.errorMessage)?.[0] ?? null) : null;
}
