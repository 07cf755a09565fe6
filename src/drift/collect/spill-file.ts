import { createCipheriv, createDecipheriv, randomBytes, randomUUID } from 'node:crypto';
import { closeSync, openSync, readSync, unlinkSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** Records of this many bytes together are written at once. */
const WRITE_BYTES = 1_048_576;
const LENGTH_BYTES = 4;
const NONCE_BYTES = 12;
const TAG_BYTES = 16;
const CIPHER = 'aes-256-gcm';

/**
 * Records that are too many for memory, for as long as one scan takes: in a file without a name, sealed under a key that only this
 * object has, so that neither a crash nor a look at the disk leaves anything of a tenant. Each is known by its place.
 */
export class SpillFile {
  private readonly key = randomBytes(32);
  private waiting: Buffer[] = [];
  private waitingBytes = 0;
  private written = 0;

  private constructor(private handle: number | null) {}

  /** Null where there is no place for files. */
  static open(folder = tmpdir()): SpillFile | null {
    const file = join(folder, `blindspotx-${randomUUID()}`);
    try {
      const handle = openSync(file, 'wx+', 0o600);
      unlinkSync(file);
      return new SpillFile(handle);
    } catch {
      return null;
    }
  }

  /** Where the next record will stand. */
  get end(): number {
    return this.written + this.waitingBytes;
  }

  append(record: Buffer): number {
    this.openHandle();
    const place = this.end;
    const cipher = createCipheriv(CIPHER, this.key, nonceOf(place));
    const length = Buffer.alloc(LENGTH_BYTES);
    length.writeUInt32LE(record.length);
    const sealed = [length, cipher.update(record), cipher.final(), cipher.getAuthTag()];
    for (const part of sealed) this.waitingBytes += part.length;
    this.waiting.push(...sealed);
    if (this.waitingBytes >= WRITE_BYTES) this.flush();
    return place;
  }

  /** The record that stands at a place, and where the one after it does. */
  read(place: number): { record: Buffer; next: number } {
    if (place + LENGTH_BYTES > this.written) this.flush();
    const length = this.bytes(place, LENGTH_BYTES).readUInt32LE();
    const sealed = this.bytes(place + LENGTH_BYTES, length + TAG_BYTES);
    const decipher = createDecipheriv(CIPHER, this.key, nonceOf(place));
    decipher.setAuthTag(sealed.subarray(length));
    const record = Buffer.concat([decipher.update(sealed.subarray(0, length)), decipher.final()]);
    return { record, next: place + LENGTH_BYTES + length + TAG_BYTES };
  }

  /** Everything that was written is gone. */
  close(): void {
    const { handle } = this;
    this.handle = null;
    this.waiting = [];
    this.waitingBytes = 0;
    if (handle !== null) closeSync(handle);
  }

  /** The system gives a number that was closed to the next file that anybody opens: whoever comes late must not write there. */
  private openHandle(): number {
    if (this.handle === null) throw new Error('what a scan read is asked for after the scan has ended');
    return this.handle;
  }

  private flush(): void {
    const handle = this.openHandle();
    const block = Buffer.concat(this.waiting);
    for (let done = 0; done < block.length; )
      done += writeSync(handle, block, done, block.length - done, this.written + done);
    this.written += block.length;
    this.waiting = [];
    this.waitingBytes = 0;
  }

  private bytes(from: number, length: number): Buffer {
    const handle = this.openHandle();
    const bytes = Buffer.allocUnsafe(length);
    for (let done = 0; done < length; ) {
      const count = readSync(handle, bytes, done, length - done, from + done);
      if (count === 0) throw new Error('a file of what a scan read is shorter than what was written to it');
      done += count;
    }
    return bytes;
  }
}

/** Each place is written once, so no nonce is used twice under the key. */
function nonceOf(place: number): Buffer {
  const nonce = Buffer.alloc(NONCE_BYTES);
  nonce.writeBigUInt64LE(BigInt(place));
  return nonce;
}
