import { createHash, createPrivateKey, type KeyObject, X509Certificate } from 'node:crypto';
import type { NewConnection } from './tenant-connection.types.js';
import { tenantsError } from './tenants.errors.js';

/** What a credential says of itself. */
export interface CredentialFacts {
  /** SHA-256 of the certificate, in hexadecimal; null of what is no certificate. */
  thumbprint: string | null;
  expiresAt: Date | null;
}

/**
 * Looks at a credential before anything is stored: what can't work is refused at once, with the reason.
 *
 * @throws DomainError tenants.credential_unusable
 */
export function readCredential({ kind, credential, expiresAt }: NewConnection, now: Date): CredentialFacts {
  if (kind !== 'certificate') {
    if (expiresAt !== null && expiresAt <= now) throw unusable('expiresAt is in the past: Entra ID takes it no more.');
    return { thumbprint: null, expiresAt };
  }
  const { certificate, key } = pemParts(credential ?? '');
  if (!certificate.checkPrivateKey(key)) throw unusable('The private key is not the one of the certificate.');
  if (key.asymmetricKeyType !== 'rsa') throw unusable('The key is no RSA key; Entra ID takes no other.');
  const ends = new Date(certificate.validTo);
  if (ends <= now) throw unusable(`The certificate ended on ${ends.toISOString()}.`);
  return { thumbprint: createHash('sha256').update(certificate.raw).digest('hex'), expiresAt: ends };
}

function pemParts(pem: string): { certificate: X509Certificate; key: KeyObject } {
  try {
    return { certificate: new X509Certificate(pem), key: createPrivateKey(pem) };
  } catch {
    // What OpenSSL says of it may quote it.
    throw unusable('It must be PEM text with a certificate and its private key, which no passphrase protects.');
  }
}

function unusable(detail: string) {
  return tenantsError('tenants.credential_unusable', { detail });
}
