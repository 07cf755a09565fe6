import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGunzip } from 'node:zlib';
import { BundleRefused } from './evidence.types.js';

/** RFC 1952 2.3.1. */
const GZIP = Buffer.of(0x1f, 0x8b);
const CHUNK_BYTES = 256 * 1024;

/**
 * The bytes of a bundle that may be compressed with gzip, which its first two bytes tell. Unfolds a piece at a time, however far
 * the whole would unfold.
 *
 * @throws BundleRefused when the compressed bytes are damaged, end early, or something else follows them
 */
export async function* unpackBundle(source: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  const chunks = source[Symbol.asyncIterator]();
  let head = Buffer.alloc(0);
  while (head.length < GZIP.length) {
    const next = await chunks.next();
    if (next.done === true) break;
    head = Buffer.concat([head, next.value]);
  }
  const whole = headed(head, chunks);
  if (isGzip(head)) yield* gunzipped(whole);
  else yield* whole;
}

export function isGzip(head: Buffer): boolean {
  return head.subarray(0, GZIP.length).equals(GZIP);
}

async function* headed(head: Buffer, rest: AsyncIterator<Uint8Array>): AsyncGenerator<Uint8Array> {
  try {
    if (head.length > 0) yield head;
    for (let next = await rest.next(); next.done !== true; next = await rest.next()) yield next.value;
  } finally {
    await rest.return?.();
  }
}

async function* gunzipped(source: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  const gunzip = createGunzip({ chunkSize: CHUNK_BYTES });
  let given = 0;
  async function* counted() {
    for await (const piece of source) {
      given += piece.length;
      yield piece;
    }
  }
  const feeding = pipeline(Readable.from(counted()), gunzip).catch(() => undefined);
  try {
    // Whatever goes wrong, in the source too, destroys the stream with that error.
    yield* gunzip;
  } catch (error) {
    if (isOfZlib(error))
      throw new BundleRefused('unreadable', `it can't be decompressed any further: ${error.message}`);
    throw error;
  }
  await feeding;
  // Node passes over whatever follows a zero byte: what nobody looks at isn't verified.
  if (given > gunzip.bytesWritten)
    throw new BundleRefused('trailing-data', 'something follows the end of what was compressed');
}

function isOfZlib(error: unknown): error is NodeJS.ErrnoException {
  return typeof error === 'object' && error !== null && 'code' in error && String(error.code).startsWith('Z_');
}
