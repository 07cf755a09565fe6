import type { JsonObject } from '../crypto/canonical-json.js';

function errorMember(body: JsonObject | null, name: 'code' | 'message'): string | null {
  const error = body?.['error'];
  const found = typeof error === 'object' && error !== null && !Array.isArray(error) ? error[name] : undefined;
  return typeof found === 'string' ? found : null;
}

/** Of Graph's error object. */
export function errorCode(body: JsonObject | null): string | null {
  return errorMember(body, 'code');
}

export function errorMessage(body: JsonObject | null): string | null {
  return errorMember(body, 'message');
}
