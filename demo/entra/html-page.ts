import { createHash } from 'node:crypto';
import type { DemoReply } from '../http/exchange.js';

/** Nothing on these pages is executable, and nobody may frame them. */
const SECURITY_HEADERS = {
  'content-type': 'text/html; charset=utf-8',
  'cache-control': 'no-store',
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'no-referrer',
};

const STYLE =
  'body{font:1rem/1.5 system-ui,sans-serif;max-width:44rem;margin:2rem auto;padding:0 1rem;color:#1b1b1b;background:#fff}' +
  'ul{list-style:none;padding:0}li{margin:.5rem 0}a{color:#0b4f9e}.role{color:#555}input{font:inherit;padding:.25rem}';

const STYLE_DIGEST = createHash('sha256').update(STYLE).digest('base64');

/** A plain page; `body` is HTML whose values the caller has escaped. `frames`: origins that the page may embed. */
export function htmlPage(title: string, body: string, status = 200, frames: string[] = []): DemoReply {
  const frameSource = frames.length > 0 ? `; frame-src ${frames.join(' ')}` : '';
  return {
    status,
    headers: {
      ...SECURITY_HEADERS,
      'content-security-policy': `default-src 'none'; style-src 'sha256-${STYLE_DIGEST}'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'${frameSource}`,
    },
    body: `<!DOCTYPE html>\n<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>${escapeHtml(title)}</title><style>${STYLE}</style></head><body><main><h1>${escapeHtml(title)}</h1>${body}</main></body></html>`,
  };
}

export function escapeHtml(text: string): string {
  return text
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;')
    .replaceAll("'", '&#39;');
}
