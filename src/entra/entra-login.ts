import type { EntraClaims } from './verify-entra-token.js';

export interface LoginRequest {
  /** Entra's directory id whose people sign in. */
  entraTenantId: string;
  redirectUri: string;
  state: string;
  nonce: string;
  /** RFC 7636 4.2, S256. */
  codeChallenge: string;
  /** Whom Entra should offer first. */
  loginHint?: string;
}

export interface CodeRedemption {
  entraTenantId: string;
  redirectUri: string;
  code: string;
  /** Whose answer the code came in, where the answer says so (RFC 9207). */
  issuer: string | null;
  codeVerifier: string;
  nonce: string;
}

/** The port to Entra's sign-in by authorization code. */
export abstract class EntraLogin {
  /**
   * Where to send the browser.
   *
   * @throws DomainError entra.not_configured, entra.authority_unavailable
   */
  abstract authorizationUrl(request: LoginRequest): Promise<string>;
  /**
   * Takes the code to Entra and returns what the id token says, completely checked.
   *
   * @throws DomainError entra.code_refused, entra.token_invalid, entra.authority_unavailable
   */
  abstract redeem(redemption: CodeRedemption): Promise<EntraClaims>;
  /**
   * Where a browser ends its session at Entra (OpenID Connect RP-Initiated Logout 1.0, 2); null when the authority has no such
   * page.
   *
   * @param postLogoutRedirectUri where Entra sends the browser afterwards, if that is registered
   * @throws DomainError entra.not_configured, entra.authority_unavailable
   */
  abstract endSessionUrl(entraTenantId: string, postLogoutRedirectUri: string): Promise<string | null>;
}
