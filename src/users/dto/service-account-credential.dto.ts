import type { ServiceAccountCredential } from '../service-account.types.js';

/** By what a service account proves itself. Nothing here helps anybody to do it. */
export class CredentialDto {
  id: string;
  kind: 'secret' | 'public_key' | 'scim_token';
  /** Of a public key (RFC 7638); null for what is secret. */
  thumbprint: string | null;
  createdAt: string;
  expiresAt: string;
  /** To the minute; null when it was never used. */
  lastUsedAt: string | null;

  static from(credential: ServiceAccountCredential): CredentialDto {
    const { id, kind, thumbprint, createdAt, expiresAt, lastUsedAt } = credential;
    return {
      id,
      kind,
      thumbprint,
      createdAt: createdAt.toISOString(),
      expiresAt: expiresAt.toISOString(),
      lastUsedAt: lastUsedAt?.toISOString() ?? null,
    };
  }
}

/** A credential that was just made. */
export class CreatedCredentialDto extends CredentialDto {
  /** `client_id` for the token endpoint. */
  clientId: string;
  /** `client_secret` for the token endpoint, beginning with `bxs_`, or the bearer token for SCIM, beginning with `bxscim_`; never
   * shown again. Null for a public key. */
  secret: string | null;
}

export class CredentialPageDto {
  items: CredentialDto[];
  nextCursor: string | null;
}

/** What was ended is not dead yet everywhere, but soon. */
export class CredentialRevokedDto {
  /** In how many milliseconds the credential and every token of the account are dead on every instance. */
  deadWithinMs: number;
}
