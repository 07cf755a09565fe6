import type { ConnectionCloud } from '../entra/clouds.js';

/** `federated`: a token that the platform gives to the operator's service, in the file that ENTRA_CLIENT_ASSERTION_FILE names. */
export const CREDENTIAL_KINDS = ['secret', 'certificate', 'federated'] as const;
export type CredentialKind = (typeof CREDENTIAL_KINDS)[number];

/** What is shown of a connection: never its credential. */
export interface ShownConnection {
  id: string;
  clientId: string;
  /** Null: the installation's. */
  cloud: ConnectionCloud | null;
  kind: CredentialKind;
  /** Of a certificate its SHA-256 thumbprint; of a secret a keyed digest, equal for equal secrets. */
  fingerprint: string | null;
  expiresAt: Date | null;
  setBy: string;
  createdAt: Date;
}

/** How a tenant is read. */
export interface ConnectionState {
  tenantId: string;
  /** Counts every change; 0 while there was none. */
  version: number;
  /** Null while the installation's application reads it. */
  active: ShownConnection | null;
  /** What waits for a second person, newest first. */
  candidates: ShownConnection[];
}

/** A connection as somebody hands it in. */
export interface NewConnection {
  clientId: string;
  cloud: ConnectionCloud | null;
  kind: CredentialKind;
  /** The secret, or PEM with certificate and private key; null for `federated`. */
  credential: string | null;
  /** When a secret ends, where that is known; a certificate says it itself. */
  expiresAt: Date | null;
}
