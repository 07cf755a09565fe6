import type { IncomingMessage, ServerResponse } from 'node:http';
import helmet from 'helmet';
import type { Settings } from '../config/settings.js';
import { DOCS_CONTENT_SECURITY_POLICY } from './openapi.js';

export interface SecurityHeaders {
  api: Record<string, string>;
  /** The page at /api/docs may run its own scripts and styles. */
  docs: Record<string, string>;
}

/** What helmet sets on every answer (ASVS 3.4.1 to 3.4.6). It says the same each time, so it is asked once. */
export function securityHeaders(settings: Settings): SecurityHeaders {
  const api: Record<string, string> = {};
  const recorder = {
    setHeader: (name: string, value: string) => {
      api[name.toLowerCase()] = value;
    },
    removeHeader: () => undefined,
  };
  const middleware = helmet({
    contentSecurityPolicy: { directives: { defaultSrc: ["'none'"], frameAncestors: ["'none'"] }, useDefaults: false },
    hsts: settings.PUBLIC_URL?.startsWith('https://') ? { maxAge: 31_536_000, includeSubDomains: true } : false,
    referrerPolicy: { policy: 'no-referrer' },
    // For browsers that are gone, or said by frame-ancestors already.
    xDnsPrefetchControl: false,
    xDownloadOptions: false,
    xFrameOptions: false,
    xPermittedCrossDomainPolicies: false,
    xXssProtection: false,
    originAgentCluster: false,
    // It is about windows, and what the API answers is shown in none.
    crossOriginOpenerPolicy: false,
  });
  // It looks at nothing of the request and does nothing to the answer but this.
  middleware({} as IncomingMessage, recorder as unknown as ServerResponse, (error) => {
    if (error !== undefined) throw error;
  });
  return {
    api,
    docs: {
      ...api,
      'content-security-policy': DOCS_CONTENT_SECURITY_POLICY,
      'cross-origin-opener-policy': 'same-origin',
    },
  };
}
