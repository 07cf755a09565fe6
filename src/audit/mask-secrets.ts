import { createHash } from 'node:crypto';
import { canonicalJson, type Json, type JsonObject } from '../crypto/canonical-json.js';
import { mayHaveSecret, replaceSecrets } from '../kernel/text/secret-forms.js';

/** A record's state is for people; what is larger is represented by its size and digest. */
const MAX_STATE_BYTES = 64 * 1024;

const SECRET_NAME =
  /secret|passw|passphrase|token|privatekey|private_key|apikey|api_key|authorization|cookie|assertion/i;
/** `tokenId`, `secretCreatedAt`: about a secret, not one. */
const ABOUT_A_SECRET = /(Id|Ids|At|Until|Count|Version|Type|Name|Seconds|Hint)$/;
/**
 * Found in every canonical JSON that has a name to mask; a lone surrogate in it is an escape, and behind an escape a secret doesn't look
 * like one.
 */
const SUSPICIOUS =
  /secret|passw|passphrase|token|privatekey|private_key|apikey|api_key|authorization|cookie|assertion|\\/i;

/**
 * @param secret what is masked
 * @returns a keyed fingerprint of it: equal secrets have equal ones, and without the key nobody can try secrets against it
 */
export type Fingerprint = (secret: string) => string;

/**
 * The last line of defence: callers pass no secrets, and what looks like one all the same is masked by its name or by its
 * value (ASVS 16.2.5). In its place stands `[masked:<fingerprint>]`, so that equal and unequal stay visible.
 *
 * @returns canonical JSON of the state (RFC 8785)
 */
export function maskedText(state: JsonObject, fingerprint: Fingerprint): string {
  const plain = canonicalJson(state);
  // Most states have nothing to mask: their text is what masking would make.
  const text = isSuspicious(plain) ? canonicalJson(new Masking(fingerprint).members(state)) : plain;
  const bytes = Buffer.byteLength(text, 'utf8');
  if (bytes <= MAX_STATE_BYTES) return text;
  const digest = createHash('sha256').update(text).digest('hex');
  return canonicalJson({ omitted: `${bytes} bytes are more than a record keeps`, bytes, sha256: digest });
}

/** Whether masking could change the text at all. */
export function isSuspicious(text: string): boolean {
  return SUSPICIOUS.test(text) || mayHaveSecret(text);
}

/** A text that people wrote, with what looks like a secret masked: it stands in columns that are searched and isn't encrypted. */
export function maskedLine(text: string, fingerprint: Fingerprint): string {
  return replaceSecrets(text, (secret) => masked(fingerprint(secret)));
}

function masked(fingerprint: string): string {
  return `[masked:${fingerprint}]`;
}

class Masking {
  constructor(private readonly fingerprint: Fingerprint) {}

  members(object: JsonObject): JsonObject {
    return Object.fromEntries(
      Object.entries(object).map(([name, value]) => [
        name.toWellFormed(),
        isSecretName(name) ? this.whole(value) : this.value(value),
      ]),
    );
  }

  /** Lone surrogates are replaced: RFC 8785 has no form for them, and every reader must find the same bytes. */
  private value(value: Json): Json {
    if (typeof value === 'string') return replaceSecrets(value, (secret) => this.mask(secret)).toWellFormed();
    if (Array.isArray(value)) return value.map((member) => this.value(member));
    return value !== null && typeof value === 'object' ? this.members(value) : value;
  }

  /** That a secret is absent stays visible, and so do flags and numbers, which no secret is. */
  private whole(value: Json): Json {
    if (value === null || typeof value === 'boolean' || typeof value === 'number') return value;
    return this.mask(typeof value === 'string' ? value : canonicalJson(value));
  }

  private mask(secret: string): string {
    return masked(this.fingerprint(secret));
  }
}

function isSecretName(name: string): boolean {
  return SECRET_NAME.test(name) && !ABOUT_A_SECRET.test(name);
}
