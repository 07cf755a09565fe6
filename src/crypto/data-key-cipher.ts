import { createCipheriv, createDecipheriv, createSecretKey, hkdfSync, type KeyObject, randomBytes } from 'node:crypto';
import { doesNotOpen, notOurFormat, openWithKey } from './envelope.js';
import type { SealedPlace } from './key-ring.js';

/**
 * Layout of a value sealed under a data key: format (1 byte, 2) | data key version (4 bytes, big endian) | salt (16) | nonce (12) |
 * tag (16) | ciphertext. AES-256-GCM under HKDF-SHA-256 (RFC 5869) of the data key with the salt. Each cipher draws a salt of its own
 * and counts its nonces from 0 (NIST SP 800-38D 8.2.1), so that no two values have the same key and nonce, whatever other processes
 * do and whichever state of the database is restored: docs/decisions/0028-nonces-that-cannot-repeat.md.
 */
const FORMAT = 2;
const VERSION_AT = 1;
const SALT_AT = 5;
const SALT_BYTES = 16;
const NONCE_AT = SALT_AT + SALT_BYTES;
const NONCE_BYTES = 12;
const TAG_AT = NONCE_AT + NONCE_BYTES;
const TAG_BYTES = 16;
const CONTENT_AT = TAG_AT + TAG_BYTES;
const KEY_BYTES = 32;
const INFO = 'blindspotx envelope 2';
const GCM = { authTagLength: TAG_BYTES };
/** Values under one salt. */
const VALUES_PER_SALT = 2 ** 32;
/** Derived keys that are remembered for opening: one for each process that sealed, or so. */
const REMEMBERED = 4096;
/** Format 1 has the shorter header. */
const LEAST_BYTES = 33;
const LEAD_BYTES = 5;
const scratch = Buffer.alloc(4096);

/** Seals and opens under one data key. */
export class DataKeyCipher {
  /** What each value begins with: header, salt and nonce. */
  private readonly lead = Buffer.alloc(TAG_AT);
  private readonly nonce = this.lead.subarray(NONCE_AT);
  private sealing: KeyObject | undefined;
  private count = 0;
  /** By salt as latin1 text; the one that was used last stands at the end. */
  private readonly derived = new Map<string, KeyObject>();
  private lastSalt = Buffer.alloc(0);
  private lastKey: KeyObject | undefined;

  /** @param key 32 bytes */
  constructor(
    readonly version: number,
    private readonly key: Buffer,
  ) {
    if (key.byteLength !== KEY_BYTES) throw new Error(`an AES-256 key has ${KEY_BYTES} bytes`);
  }

  seal(plaintext: Uint8Array, place: SealedPlace): Buffer {
    if (this.sealing === undefined || this.count === VALUES_PER_SALT) this.sealing = this.drawSalt();
    this.lead.writeUInt32BE(this.count, TAG_AT - 4);
    this.count += 1;
    const sealed = Buffer.allocUnsafe(CONTENT_AT + plaintext.byteLength);
    sealed.set(this.lead, 0);
    const cipher = createCipheriv('aes-256-gcm', this.sealing, this.nonce, GCM);
    cipher.setAAD(additionalData(sealed, this.version, place));
    // GCM is a stream: all of it comes at once, and nothing in the end.
    sealed.set(cipher.update(plaintext), CONTENT_AT);
    cipher.final();
    sealed.set(cipher.getAuthTag(), TAG_AT);
    return sealed;
  }

  /** @throws SealBroken when the value was changed, moved to another place, or sealed under another key */
  open(value: Uint8Array, place: SealedPlace): Buffer {
    if (value[0] === 1) return openWithKey(this.key, value, place);
    if (value[0] !== FORMAT || value.byteLength < CONTENT_AT) throw notOurFormat();
    const sealed = Buffer.from(value.buffer, value.byteOffset, value.byteLength);
    const key = this.opening(sealed);
    try {
      const decipher = createDecipheriv('aes-256-gcm', key, sealed.subarray(NONCE_AT, TAG_AT), GCM);
      decipher.setAAD(additionalData(sealed, sealed.readUInt32BE(VERSION_AT), place));
      decipher.setAuthTag(sealed.subarray(TAG_AT, CONTENT_AT));
      const plaintext = decipher.update(sealed.subarray(CONTENT_AT));
      decipher.final();
      return plaintext;
    } catch (cause) {
      throw doesNotOpen(cause);
    }
  }

  /** Values that are read together were mostly sealed together. */
  private opening(sealed: Buffer): KeyObject {
    if (this.lastKey !== undefined && this.lastSalt.compare(sealed, SALT_AT, NONCE_AT) === 0) return this.lastKey;
    const salt = Buffer.from(sealed.subarray(SALT_AT, NONCE_AT));
    this.lastKey = this.openingUnder(salt);
    this.lastSalt = salt;
    return this.lastKey;
  }

  private openingUnder(salt: Buffer): KeyObject {
    const name = salt.toString('latin1');
    const known = this.derived.get(name);
    if (known !== undefined) {
      this.derived.delete(name);
      this.derived.set(name, known);
      return known;
    }
    const key = this.derive(salt);
    if (this.derived.size === REMEMBERED) {
      for (const oldest of this.derived.keys()) {
        this.derived.delete(oldest);
        break;
      }
    }
    this.derived.set(name, key);
    return key;
  }

  private drawSalt(): KeyObject {
    const salt = randomBytes(SALT_BYTES);
    this.lead[0] = FORMAT;
    this.lead.writeUInt32BE(this.version, VERSION_AT);
    this.lead.set(salt, SALT_AT);
    this.count = 0;
    return this.derive(salt);
  }

  private derive(salt: Buffer): KeyObject {
    return createSecretKey(new Uint8Array(hkdfSync('sha256', this.key, salt, INFO, KEY_BYTES)));
  }
}

/** Under which data key a value was sealed, in either format. @throws SealBroken when it isn't a sealed value at all */
export function keyVersionOf(sealed: Uint8Array): number {
  if (sealed.byteLength < LEAST_BYTES || (sealed[0] !== FORMAT && sealed[0] !== 1)) throw notOurFormat();
  return new DataView(sealed.buffer, sealed.byteOffset, sealed.byteLength).getUint32(VERSION_AT);
}

/** What stands in `scratch` up to where. */
let written: { version: number; table: string; column: string; end: number } | undefined;

/** The beginning of `scratch` that was returned last: ids have one length, so that it mostly fits. */
let lastData = scratch.subarray(0, 0);

/**
 * Header and place, each part after its length, so that no two places have the same bytes. What is returned is good until the next
 * call: a buffer for all of them, whose beginning stays as long as the column does, because this is much of what a small value costs.
 */
function additionalData(sealed: Buffer, version: number, { table, column, row, tenant }: SealedPlace): Buffer {
  const owner = tenant ?? '';
  const longest = LEAD_BYTES + 4 * 4 + 3 * (table.length + column.length + row.length + owner.length);
  if (longest > scratch.byteLength) throw new Error(`a place of ${longest} bytes is too long`);
  if (written?.version !== version || written.table !== table || written.column !== column) {
    scratch.set(sealed.subarray(0, LEAD_BYTES), 0);
    const end = writePart(column, writePart(table, LEAD_BYTES));
    written = { version, table, column, end };
  }
  const end = writePart(owner, writePart(row, written.end));
  if (lastData.byteLength !== end) lastData = scratch.subarray(0, end);
  return lastData;
}

/** @returns where it ends */
function writePart(text: string, start: number): number {
  const length = scratch.write(text, start + 4);
  scratch.writeUInt32BE(length, start);
  return start + 4 + length;
}
