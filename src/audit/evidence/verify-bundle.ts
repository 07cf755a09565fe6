import { formatVerifierKey, type VerifierKey } from '../../crypto/signed-note.js';
import { BundleReader } from './bundle-reader.js';
import { BundleRefused, type BundleVerdict } from './evidence.types.js';
import { KeptCheckpoints } from './kept-checkpoints.js';
import { LineSplitter } from './line-splitter.js';

export interface VerifyOptions {
  /** Whose signature counts; must not come from the bundle. */
  trusted: readonly VerifierKey[];
  /** Notes of checkpoints that were kept outside of the log. */
  kept?: readonly string[];
  /** Whether any record of the log that is missing refutes it. */
  complete?: boolean | undefined;
}

/**
 * Whether a bundle proves what it says, offline: every record is hashed as it stands, the tree is rebuilt, and each checkpoint
 * compared with it. Reads as a stream in bounded memory; nothing in the bundle is believed.
 *
 * @throws NoteRefused when a kept checkpoint isn't signed by a trusted key
 * @throws RangeError without a trusted key
 */
export async function verifyBundle(
  chunks: AsyncIterable<Uint8Array>,
  { trusted, kept = [], complete = false }: VerifyOptions,
): Promise<BundleVerdict> {
  if (trusted.length === 0) throw new RangeError('nothing can be verified without a key');
  const reader = new BundleReader(trusted, KeptCheckpoints.open(kept, trusted), complete);
  const splitter = new LineSplitter((bytes, start, end) => reader.line(bytes, start, end));
  try {
    for await (const chunk of chunks) {
      splitter.push(Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength));
    }
    splitter.end();
    const { signedBy, ...facts } = reader.end();
    return { holds: true, ...facts, signedBy: signedBy.map(formatVerifierKey) };
  } catch (error) {
    if (!(error instanceof BundleRefused)) throw error;
    return { holds: false, line: reader.faultyLine, range: error.range, reason: error.reason, detail: error.message };
  }
}
