import { randomBytes } from 'node:crypto';
import { linkSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Settings } from '../config/settings.js';
import { sha256 } from '../crypto/digest.js';
import { openWithKey, sealWithKey } from '../crypto/envelope.js';
import type { SealedPlace } from '../crypto/key-ring.js';
import { newId } from '../kernel/ids/ids.js';

/** Wraps the keys that lie in the database. The port behind which a key vault can stand. */
export abstract class MasterKey {
  /** Which key wraps; stored beside what it wrapped. Says nothing of the key itself. */
  abstract readonly id: string;
  abstract wrap(key: Uint8Array, place: SealedPlace): Promise<Buffer>;
  /** @throws SealBroken */
  abstract unwrap(wrapped: Uint8Array, place: SealedPlace): Promise<Buffer>;
}

const KEY_BYTES = 32;
const WRAP_VERSION = 0;

/** A master key held in the memory of this process. */
export class LocalMasterKey extends MasterKey {
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

  async wrap(key: Uint8Array, place: SealedPlace): Promise<Buffer> {
    return sealWithKey(this.key, WRAP_VERSION, key, place);
  }

  async unwrap(wrapped: Uint8Array, place: SealedPlace): Promise<Buffer> {
    return openWithKey(this.key, wrapped, place);
  }
}

/** MASTER_KEY, or outside of production a key that is generated once into DATA_DIR. */
export function loadMasterKey(settings: Settings): MasterKey {
  if (settings.MASTER_KEY !== undefined) return new LocalMasterKey(Buffer.from(settings.MASTER_KEY, 'base64'));
  if (settings.NODE_ENV === 'production') throw new Error('MASTER_KEY is not set');
  return new LocalMasterKey(readOrCreateKeyFile(settings.DATA_DIR));
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
