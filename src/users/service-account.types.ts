import type { JsonObject } from '../crypto/canonical-json.js';

export type ServiceAccountStatus = 'active' | 'disabled';

/** A program with an account of its own, as other modules see it. */
export interface ServiceAccount {
  /** service_accounts.id; also its OAuth client id. */
  id: string;
  /** tenants.id of its owner. */
  tenantId: string;
  name: string;
  description: string;
  /** users.id */
  ownerUserId: string;
  status: ServiceAccountStatus;
  /** Tokens that were issued under a lower one are dead. */
  securityStamp: number;
  /** Whether it gets only tokens that are bound to a key (RFC 9449). */
  dpopRequired: boolean;
  version: number;
  createdAt: Date;
  updatedAt: Date;
}

export interface NewServiceAccount {
  name: string;
  description: string;
  /** users.id; null for the caller. */
  ownerUserId: string | null;
  dpopRequired: boolean;
}

/** What is absent stays. */
export type ServiceAccountPatch = Partial<
  Pick<ServiceAccount, 'name' | 'description' | 'status' | 'ownerUserId' | 'dpopRequired'>
>;

export interface ServiceAccountFilter {
  tenantId?: string;
  ownerUserId?: string;
  status?: ServiceAccountStatus;
}

/** Secrets that are a bearer token for SCIM begin with it. By it, scanners of source code and logs find one that strayed. */
export const SCIM_TOKEN_PREFIX = 'bxscim_';

/** What a service account can prove itself by; `scim_token` alone is no client credential but a token for SCIM. */
export type CredentialKind = 'secret' | 'public_key' | 'scim_token';

/** A credential as it is shown: nothing by which anybody could use it. */
export interface ServiceAccountCredential {
  id: string;
  kind: CredentialKind;
  /** RFC 7638; null for what is secret. */
  thumbprint: string | null;
  createdAt: Date;
  expiresAt: Date;
  /** To the minute; null when it was never used. */
  lastUsedAt: Date | null;
}

/** A credential that stands at this moment, for whoever compares. */
export type UsableCredential =
  | {
      id: string;
      kind: 'secret';
      /** SHA-256 of the whole secret, UTF-8, with its prefix: 32 bytes. */
      secretHash: Buffer;
    }
  | {
      id: string;
      kind: 'public_key';
      /** As importPublicJwk (src/crypto) takes it. */
      publicJwk: JsonObject;
    };

export interface NewCredential {
  kind: CredentialKind;
  /** A JSON Web Key, not checked yet; nothing for what is secret, which is made here. */
  publicJwk: unknown;
  /** Days of 24 hours. */
  expiresInDays: number;
}

export type CredentialContent = { kind: 'secret' | 'scim_token'; secretHash: Buffer } | { publicJwk: JsonObject };
