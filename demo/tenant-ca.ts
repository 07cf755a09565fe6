// @peculiar/x509 injects its parts by decorators and needs this first.
import 'reflect-metadata';
import { webcrypto } from 'node:crypto';
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import * as x509 from '@peculiar/x509';

/** A certificate authority of one run and a certificate for loopback under it, all PEM. */
export interface TenantCa {
  caCertificatePem: string;
  certificatePem: string;
  privateKeyPem: string;
}

const ALGORITHM = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' };
const DAY_MS = 86_400_000;
const VALID_DAYS = 30;

/**
 * Makes the authority and a leaf for `localhost`, `127.0.0.1` and `::1`. Both keys live in memory only; nothing outlives the
 * process unless the caller writes it.
 */
export async function makeTenantCa(): Promise<TenantCa> {
  x509.cryptoProvider.set(webcrypto);
  const authorityKeys = await webcrypto.subtle.generateKey(ALGORITHM, true, ['sign', 'verify']);
  const leafKeys = await webcrypto.subtle.generateKey(ALGORITHM, true, ['sign', 'verify']);
  const now = Date.now();
  // The clocks of tests may be set back a little.
  const validity = { notBefore: new Date(now - 2 * DAY_MS), notAfter: new Date(now + VALID_DAYS * DAY_MS) };
  const authority = await x509.X509CertificateGenerator.createSelfSigned({
    serialNumber: serialNumber(),
    name: 'CN=Demo tenant certificate authority',
    ...validity,
    signingAlgorithm: ALGORITHM,
    keys: authorityKeys,
    extensions: [
      new x509.BasicConstraintsExtension(true, 0, true),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.keyCertSign | x509.KeyUsageFlags.cRLSign, true),
      await x509.SubjectKeyIdentifierExtension.create(authorityKeys.publicKey),
    ],
  });
  const leaf = await x509.X509CertificateGenerator.create({
    serialNumber: serialNumber(),
    subject: 'CN=localhost',
    issuer: authority.subject,
    ...validity,
    signingAlgorithm: ALGORITHM,
    publicKey: leafKeys.publicKey,
    signingKey: authorityKeys.privateKey,
    extensions: [
      new x509.BasicConstraintsExtension(false, undefined, true),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.digitalSignature, true),
      new x509.ExtendedKeyUsageExtension([x509.ExtendedKeyUsage.serverAuth]),
      new x509.SubjectAlternativeNameExtension([
        { type: 'dns', value: 'localhost' },
        { type: 'ip', value: '127.0.0.1' },
        { type: 'ip', value: '::1' },
      ]),
      await x509.AuthorityKeyIdentifierExtension.create(authorityKeys.publicKey),
    ],
  });
  const privateKey = await webcrypto.subtle.exportKey('pkcs8', leafKeys.privateKey);
  return {
    caCertificatePem: authority.toString('pem'),
    certificatePem: leaf.toString('pem'),
    privateKeyPem: x509.PemConverter.encode(privateKey, 'PRIVATE KEY'),
  };
}

/** Writes the authority's certificate, for NODE_EXTRA_CA_CERTS. */
export function writeCaCertificate(ca: Pick<TenantCa, 'caCertificatePem'>, file: string): void {
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, ca.caCertificatePem);
}

function serialNumber(): string {
  return Buffer.from(webcrypto.getRandomValues(new Uint8Array(15))).toString('hex');
}
