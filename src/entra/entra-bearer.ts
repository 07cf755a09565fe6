import type { EntraClaims } from './verify-entra-token.js';

/** The port to the check of Entra access tokens that somebody presents to us. Which library is behind it is one file's business. */
export abstract class EntraBearer {
  /**
   * Checks an Entra access token for our audience completely.
   *
   * @throws DomainError entra.token_invalid with a reason that names the claim and never its value; entra.authority_unavailable
   */
  abstract verify(token: string): Promise<EntraClaims>;
}
