import { createHash } from 'node:crypto';
import { canonicalJson, type Json, type JsonObject } from '../crypto/canonical-json.js';

export const MASK = '[masked]';

/** A record's state is for people; what is larger is represented by its size and digest. */
const MAX_STATE_BYTES = 64 * 1024;

const SECRET_NAME =
  /secret|passw|passphrase|token|privatekey|private_key|apikey|api_key|authorization|cookie|assertion/i;
/** `tokenId`, `secretCreatedAt`: about a secret, not one. */
const ABOUT_A_SECRET = /(Id|Ids|At|Until|Count|Version|Type|Name|Seconds|Hint)$/;
/** Our own secrets by their prefix, and anything in the form of a signed JWT. */
const SECRET_VALUE = /\b(?:whs(?:ec|k)|bxs(?:cim)?)_[\w+/=-]+|\beyJ[\w-]+\.eyJ[\w-]+\.[\w-]*/g;

/**
 * The last line of defence: callers pass no secrets, and what looks like one all the same is masked by its name or by its
 * value (ASVS 16.2.5).
 */
export function maskSecrets(state: JsonObject): JsonObject {
  const masked = maskMembers(state);
  const bytes = Buffer.byteLength(canonicalJson(masked), 'utf8');
  if (bytes <= MAX_STATE_BYTES) return masked;
  const digest = createHash('sha256').update(canonicalJson(masked)).digest('hex');
  return { omitted: `${bytes} bytes are more than a record keeps`, bytes, sha256: digest };
}

function maskMembers(object: JsonObject): JsonObject {
  return Object.fromEntries(
    Object.entries(object).map(([name, value]) => [name, isSecretName(name) ? maskWhole(value) : maskValue(value)]),
  );
}

function maskValue(value: Json): Json {
  if (typeof value === 'string') return value.replaceAll(SECRET_VALUE, MASK);
  if (Array.isArray(value)) return value.map(maskValue);
  return value !== null && typeof value === 'object' ? maskMembers(value) : value;
}

/** That a secret is absent stays visible, and so do flags and numbers, which no secret is. */
function maskWhole(value: Json): Json {
  return value === null || typeof value === 'boolean' || typeof value === 'number' ? value : MASK;
}

function isSecretName(name: string): boolean {
  return SECRET_NAME.test(name) && !ABOUT_A_SECRET.test(name);
}
