import { AuthError, ConfidentialClientApplication, ServerError } from '@azure/msal-node';
import { Injectable } from '@nestjs/common';
import { Settings } from '../config/settings.js';
import { entraError } from './entra.errors.js';
import { EntraAuthorities } from './entra-authorities.js';
import { confidentialClientConfiguration, entraRegistration } from './entra-credentials.js';
import { type CodeRedemption, EntraLogin, type LoginRequest } from './entra-login.js';
import { assertHashesFit } from './token-hashes.js';
import { type EntraClaims, verifyEntraToken } from './verify-entra-token.js';

/** Who the person is, and nothing of their data: no Graph scope, no offline access. */
const SCOPES = ['openid', 'profile'];

/** Sign-in through MSAL. Its answer is used for the id token alone, which is then checked here: MSAL doesn't. */
@Injectable()
export class MsalEntraLogin extends EntraLogin {
  constructor(
    private readonly settings: Settings,
    private readonly authorities: EntraAuthorities,
  ) {
    super();
  }

  async authorizationUrl(request: LoginRequest): Promise<string> {
    const client = await this.client(request.entraTenantId);
    return client.getAuthCodeUrl({
      scopes: SCOPES,
      redirectUri: request.redirectUri,
      responseMode: 'query',
      state: request.state,
      nonce: request.nonce,
      codeChallenge: request.codeChallenge,
      codeChallengeMethod: 'S256',
      ...(request.loginHint === undefined ? {} : { loginHint: request.loginHint }),
    });
  }

  async redeem(redemption: CodeRedemption): Promise<EntraClaims> {
    const { entraTenantId, redirectUri, code, codeVerifier, nonce, issuer } = redemption;
    // RFC 9207 2.4: before the code goes anywhere.
    if (issuer !== null && issuer !== (await this.authorities.of(entraTenantId).document()).issuer) {
      throw entraError('entra.code_refused', {
        detail: 'The answer is of another authority than the one that was asked.',
      });
    }
    const client = await this.client(entraTenantId);
    let idToken: string;
    let accessToken: string;
    try {
      ({ idToken, accessToken } = await client.acquireTokenByCode({
        scopes: SCOPES,
        redirectUri,
        code,
        codeVerifier,
        nonce,
      }));
    } catch (error) {
      throw refusal(error);
    }
    const claims = await verifyEntraToken(idToken, this.authorities.of(entraTenantId), {
      entraTenantId,
      audiences: [entraRegistration(this.settings).clientId],
      nonce,
    });
    assertHashesFit(claims.all, { accessToken, code });
    return claims;
  }

  async endSessionUrl(entraTenantId: string, postLogoutRedirectUri: string): Promise<string | null> {
    const { endSessionEndpoint } = await this.authorities.of(entraTenantId).document();
    if (endSessionEndpoint === null) return null;
    const url = new URL(endSessionEndpoint);
    url.searchParams.set('client_id', entraRegistration(this.settings).clientId);
    url.searchParams.set('post_logout_redirect_uri', postLogoutRedirectUri);
    return url.href;
  }

  /** A client for one exchange: MSAL keeps the tokens of everybody who signs in, and nobody here reads them again. */
  private async client(entraTenantId: string): Promise<ConfidentialClientApplication> {
    const configuration = confidentialClientConfiguration(this.settings, entraTenantId);
    const { text } = await this.authorities.of(entraTenantId).document();
    return new ConfidentialClientApplication({
      ...configuration,
      auth: { ...configuration.auth, authorityMetadata: text },
    });
  }
}

/** Only Entra's error codes go on; its descriptions can name people. */
function refusal(error: unknown) {
  if (error instanceof ServerError) {
    const entraCode = /AADSTS\d{3,7}/.exec(error.errorMessage)?.[0];
    const cause = new Error(`${error.errorCode}${entraCode === undefined ? '' : ` ${entraCode}`}`);
    if (/^(server_error|temporarily_unavailable)$/.test(error.errorCode)) {
      return entraError('entra.authority_unavailable', { retryAfterSeconds: 5, cause });
    }
    return entraError('entra.code_refused', { detail: `Entra ID answered ${cause.message}.`, cause });
  }
  if (error instanceof AuthError && /nonce|state|token_parsing|claims/i.test(error.errorCode)) {
    return entraError('entra.token_invalid', { detail: `The token is refused: ${error.errorCode}.` });
  }
  // MSAL reads claims before we do, and stumbles over those of the wrong type.
  if (error instanceof TypeError && !('cause' in error)) {
    return entraError('entra.token_invalid', { detail: 'The token is refused: it cannot be read.', cause: error });
  }
  const cause = error instanceof AuthError ? new Error(error.errorCode) : error;
  return entraError('entra.authority_unavailable', { retryAfterSeconds: 5, cause });
}
