import { type FileHandle, open } from 'node:fs/promises';
import { isGzip, unpackBundle } from './unpack-bundle.js';

const READ_BYTES = 1024 * 1024;

/**
 * The bytes of a bundle in a file, or in what the shell passes off as one; it may be compressed with gzip. Each piece is good
 * only until the next is asked for: one buffer is read into again and again, which halves what a large bundle costs.
 *
 * @throws BundleRefused when the compressed bytes are damaged or end early
 */
export async function* readBundleFile(path: string): AsyncGenerator<Uint8Array> {
  const file = await open(path);
  try {
    const buffer = Buffer.allocUnsafe(READ_BYTES);
    let length = await fill(file, buffer);
    if (isGzip(buffer.subarray(0, length))) {
      yield* unpackBundle(following(file, buffer.subarray(0, length)));
      return;
    }
    for (; length > 0; length = await fill(file, buffer)) yield buffer.subarray(0, length);
  } finally {
    await file.close();
  }
}

/** The decompressor reads ahead, so that each piece needs a buffer of its own. */
async function* following(file: FileHandle, head: Buffer): AsyncGenerator<Uint8Array> {
  for (let piece = head; piece.length > 0; ) {
    yield piece;
    const buffer = Buffer.allocUnsafe(READ_BYTES);
    piece = buffer.subarray(0, await fill(file, buffer));
  }
}

/** Reads until the buffer is full or the file ends: a pipe gives a few bytes at a time. */
async function fill(file: FileHandle, buffer: Buffer): Promise<number> {
  let length = 0;
  while (length < buffer.length) {
    // Without a position, because a pipe has none.
    const { bytesRead } = await file.read(buffer, length, buffer.length - length, null);
    if (bytesRead === 0) break;
    length += bytesRead;
  }
  return length;
}
