import type { Settings } from '../config/settings.js';

const LOOPBACK = new Set(['localhost', '127.0.0.1', '[::1]']);

/** Where browsers reach this service: origin of its cookies, issuer and audience of its tokens. */
export interface PublicAddress {
  /** Without a trailing slash. */
  url: string;
  origin: string;
  callbackUrl: string;
  /** False on plain-http loopback and nowhere else: there a browser would refuse Secure cookies. */
  secureCookies: boolean;
}

/** @throws Error when PUBLIC_URL is plain http and not on loopback: sessions would travel in the clear */
export function publicAddress(settings: Settings): PublicAddress {
  const parsed = new URL(settings.PUBLIC_URL ?? `http://localhost:${settings.PORT}`);
  const isLoopback = parsed.protocol === 'http:' && LOOPBACK.has(parsed.hostname);
  if (parsed.protocol !== 'https:' && !isLoopback) {
    throw new Error(`PUBLIC_URL must be https (plain http is for loopback only), not ${parsed.origin}`);
  }
  const url = parsed.origin + parsed.pathname.replace(/\/+$/, '');
  return {
    url,
    origin: parsed.origin,
    callbackUrl: `${url}/api/v1/auth/callback`,
    secureCookies: !isLoopback,
  };
}
