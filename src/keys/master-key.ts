import { randomBytes } from 'node:crypto';
import { linkSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Settings } from '../config/settings.js';
import { sha256 } from '../crypto/digest.js';
import { openWithKey, sealWithKey } from '../crypto/envelope.js';
import type { SealedPlace } from '../crypto/key-ring.js';
import { newId } from '../kernel/ids/ids.js';
import { KeyEncryptionKey, type WrappedKey } from './vault/key-encryption-key.js';

const KEY_BYTES = 32;
const WRAP_VERSION = 0;

/** A key-encryption key held in the memory of this process. */
export class LocalMasterKey extends KeyEncryptionKey {
  /** `local:` and 16 hex digits that say nothing of the key. */
  readonly id: string;
  private readonly key: Buffer;

  constructor(key: Buffer) {
    super();
    if (key.byteLength !== KEY_BYTES) throw new Error(`MASTER_KEY must have ${KEY_BYTES} bytes`);
    this.key = key;
    this.id = `local:${sha256(Buffer.concat([Buffer.from('blindspotx master key id'), key]))
      .toString('hex')
      .slice(0, 16)}`;
  }

  get name(): string {
    return `MASTER_KEY ${this.id}`;
  }

  async currentId(): Promise<string> {
    return this.id;
  }

  opens(wrappedBy: string): boolean {
    return wrappedBy === this.id;
  }

  async wrap(key: Uint8Array, place: SealedPlace): Promise<WrappedKey> {
    return { wrapped: sealWithKey(this.key, WRAP_VERSION, key, place), wrappedBy: this.id };
  }

  async unwrap(wrapped: Uint8Array, _wrappedBy: string, place: SealedPlace): Promise<Buffer> {
    return openWithKey(this.key, wrapped, place);
  }
}

/** MASTER_KEY, or outside of production a key that is generated once into DATA_DIR. */
export function loadMasterKey(settings: Settings): LocalMasterKey {
  const given = givenMasterKey(settings.MASTER_KEY);
  if (given !== null) return given;
  if (settings.NODE_ENV === 'production') throw new Error('MASTER_KEY is not set');
  return new LocalMasterKey(readOrCreateKeyFile(settings.DATA_DIR));
}

/** @param base64 32 bytes */
export function givenMasterKey(base64: string | undefined): LocalMasterKey | null {
  return base64 === undefined ? null : new LocalMasterKey(Buffer.from(base64, 'base64'));
}

/** Written whole under another name and then linked, so that of two processes that start at once both read the same key. */
function readOrCreateKeyFile(dir: string): Buffer {
  const file = join(dir, 'master-key');
  const existing = readIfThere(file);
  if (existing !== null) return existing;
  mkdirSync(dir, { recursive: true });
  const draft = `${file}.${newId()}`;
  writeFileSync(draft, randomBytes(KEY_BYTES).toString('base64'), { mode: 0o600, flag: 'wx' });
  try {
    linkSync(draft, file);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  } finally {
    rmSync(draft, { force: true });
  }
  const key = readIfThere(file);
  if (key === null) throw new Error(`${file} was removed while it was being made`);
  return key;
}

function readIfThere(file: string): Buffer | null {
  try {
    return Buffer.from(readFileSync(file, 'utf8').trim(), 'base64');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
    throw error;
  }
}
