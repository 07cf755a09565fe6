import type { TokenPlan } from './entra/token-issuer.js';
import type { Fault, FaultRegistry } from './faults/fault-registry.js';
import type { Cast } from './generate/tenant-plan.js';
import type { JsonObject } from './store/json.types.js';
import type { TenantState } from './store/tenant-state.js';

export interface DemoTenantOptions {
  /** Draws every name, id and choice; the same seed gives the same tenant. Default 1. */
  seed?: number;
  users?: number;
  groups?: number;
  applications?: number;
  policies?: number;
  /** 0 or absent: a free port. */
  httpPort?: number;
  httpsPort?: number;
  /** Where the registered application may be sent back to after a sign-in; `addRedirectUri` adds more. */
  redirectUris?: string[];
  clientId?: string;
  clientSecret?: string;
  /** PEM certificate or public key, when the application signs assertions instead of having a secret. */
  clientCertificatePem?: string;
  now?: () => Date;
  /** Refuse requests above Microsoft's documented limits. Default false. */
  throttle?: boolean;
}

/** A running demo tenant: Entra sign-in and Microsoft Graph on loopback. */
export interface DemoTenant {
  tenantId: string;
  clientId: string;
  clientSecret: string;
  /** `https://localhost:P/<tenant id>`: MSAL's authority. */
  authority: string;
  /** `https://localhost:P`: the authority without a tenant. */
  authorityHost: string;
  /** `https://localhost:P/<tenant id>/v2.0`: the issuer of its id tokens. */
  issuer: string;
  /** `https://localhost:P/v1.0` */
  graphBaseUrl: string;
  /** `http://localhost:Q`: where the pages for browsers are. */
  browserUrl: string;
  /** The certificate authority of the https port, for NODE_EXTRA_CA_CERTS. */
  caCertificatePem: string;
  administrator: { objectId: string; userPrincipalName: string; displayName: string };
  /** Object ids of the people by what they are. */
  cast: Cast;
  state: TenantState;
  faults: FaultRegistry;
  /** Sets faults; without arguments clears all of them. */
  setFaults(...faults: Fault[]): void;
  /** A Graph token of this person, with which changes over HTTP are theirs. */
  tokenFor(objectId: string): string;
  /** Any token, right or wrong in one way, for tests of whoever checks tokens. */
  mintToken(plan: TokenPlan): string;
  /** The claims of a token that this tenant signed and that is valid now, or a sentence about what is wrong. */
  verifyToken(token: string): JsonObject | string;
  rotateKeys(keepOld?: boolean): void;
  setThrottling(enabled: boolean): void;
  /** What Graph's limits counted so far: resource units, requests to Conditional Access, all requests, and refusals. */
  spent(): { units: number; conditionalAccess: number; requests: number; refused: number };
  addRedirectUri(uri: string): void;
  /** Registers where the application wants to hear of the end of a session (front-channel logout). */
  setFrontChannelLogoutUrl(url: string): void;
  close(): Promise<void>;
}
