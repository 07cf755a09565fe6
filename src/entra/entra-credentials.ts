import { createHash, createPrivateKey, X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import type { Configuration, NodeAuthOptions } from '@azure/msal-node';
import type { Settings } from '../config/settings.js';
import type { CloudAddresses } from './clouds.js';
import { entraError } from './entra.errors.js';
import { createMsalNetwork } from './msal-network.js';
import type { ClientCredential } from './own-connections.js';

/** How this service stands in Entra: its registration, and where the sign-in authority is. */
export interface EntraRegistration {
  clientId: string;
  /** Root of the authority without tenant or trailing slash, e.g. `https://login.microsoftonline.com`. */
  authorityRoot: string;
}

/** A tenant's own application. */
export interface OwnApplication {
  clientId: string;
  /** Null: where the installation's settings say. */
  cloud: CloudAddresses | null;
  credential: ClientCredential;
}

type MsalCredential = Pick<NodeAuthOptions, 'clientSecret' | 'clientCertificate' | 'clientAssertion'>;

/** @throws DomainError entra.not_configured while ENTRA_CLIENT_ID is not set */
export function entraRegistration(settings: Settings): EntraRegistration {
  if (settings.ENTRA_CLIENT_ID === undefined) {
    throw entraError('entra.not_configured', {
      detail: 'Set ENTRA_TENANT_ID, ENTRA_CLIENT_ID and a client secret or certificate.',
    });
  }
  return { clientId: settings.ENTRA_CLIENT_ID.toLowerCase(), authorityRoot: authorityRoot(settings.ENTRA_AUTHORITY) };
}

/**
 * Configuration of an MSAL confidential client for one Entra tenant. The authority is known by configuration, so MSAL asks
 * nobody whether to trust it (`knownAuthorities`), and every request has a timeout and a size cap.
 *
 * @param entraTenantId Entra's directory id
 * @param own absent: the installation's application
 * @throws DomainError entra.not_configured, entra.credentials_unusable
 */
export function confidentialClientConfiguration(
  settings: Settings,
  entraTenantId: string,
  own?: OwnApplication,
): Configuration {
  const clientId = own?.clientId.toLowerCase() ?? entraRegistration(settings).clientId;
  const root = own?.cloud?.authorityRoot ?? authorityRoot(settings.ENTRA_AUTHORITY);
  return {
    auth: {
      clientId,
      authority: `${root}/${entraTenantId.toLowerCase()}`,
      knownAuthorities: [new URL(root).host],
      ...(own === undefined ? clientCredential(settings) : ownCredential(settings, own.credential)),
    },
    system: {
      networkClient: createMsalNetwork(),
      // MSAL's log can carry names and addresses of people; what matters reaches our own log as an error code.
      loggerOptions: { piiLoggingEnabled: false, loggerCallback: () => undefined },
    },
  };
}

function clientCredential(settings: Settings): MsalCredential {
  if (settings.ENTRA_CLIENT_CERTIFICATE_FILE !== undefined) {
    return { clientCertificate: readCertificate(settings.ENTRA_CLIENT_CERTIFICATE_FILE) };
  }
  if (settings.ENTRA_CLIENT_SECRET !== undefined) return { clientSecret: settings.ENTRA_CLIENT_SECRET };
  if (settings.ENTRA_CLIENT_ASSERTION_FILE !== undefined) return platformAssertion(settings);
  throw entraError('entra.not_configured', {
    detail: 'Set ENTRA_CLIENT_SECRET, ENTRA_CLIENT_CERTIFICATE_FILE or ENTRA_CLIENT_ASSERTION_FILE.',
  });
}

function ownCredential(settings: Settings, credential: ClientCredential): MsalCredential {
  switch (credential.kind) {
    case 'secret':
      return { clientSecret: credential.secret };
    case 'certificate':
      return { clientCertificate: certificateOf(credential.pem) };
    case 'federated':
      return platformAssertion(settings);
  }
}

/** The token that the platform gives this service, read anew each time: it is replaced within the hour. */
function platformAssertion({ ENTRA_CLIENT_ASSERTION_FILE: file }: Settings): MsalCredential {
  if (file === undefined) {
    throw entraError('entra.credentials_unusable', {
      detail: 'The connection is federated, and ENTRA_CLIENT_ASSERTION_FILE is not set.',
    });
  }
  return { clientAssertion: async () => (await readFile(file, 'utf8')).trim() };
}

/** @throws Error when it isn't a certificate with its private key */
function certificateOf(pem: string): NonNullable<NodeAuthOptions['clientCertificate']> {
  const certificate = new X509Certificate(pem);
  const privateKey = createPrivateKey(pem).export({ type: 'pkcs8', format: 'pem' }).toString();
  return {
    thumbprintSha256: createHash('sha256').update(certificate.raw).digest('hex'),
    privateKey,
    x5c: certificate.toString(),
  };
}

function readCertificate(file: string): NonNullable<NodeAuthOptions['clientCertificate']> {
  try {
    return certificateOf(readFileSync(file, 'utf8'));
  } catch (cause) {
    throw entraError('entra.credentials_unusable', {
      detail: 'ENTRA_CLIENT_CERTIFICATE_FILE must be a PEM file with a private key and its certificate.',
      cause,
    });
  }
}

/** An operator may have pasted the authority with a tenant in it; the tenant is told apart anyway. */
function authorityRoot(authority: string): string {
  return authority.replace(/\/+$/, '').replace(/\/[\da-f]{8}(-[\da-f]{4}){3}-[\da-f]{12}$/i, '');
}
