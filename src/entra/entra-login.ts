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
}
