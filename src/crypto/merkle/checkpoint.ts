import { NoteRefused, type NoteSigner, openNote, signNote, type VerifierKey } from '../signed-note.js';
import { isTreeSize } from './subtrees.js';
import { HASH_BYTES } from './tree-hash.js';

/** What a log signs: at this size its tree had this root (c2sp.org/tlog-checkpoint). */
export interface Checkpoint {
  /** Names the log; the names of its keys are the same. */
  origin: string;
  size: number;
  root: Buffer;
}

export interface OpenedCheckpoint extends Checkpoint {
  /** The trusted keys that signed it and that belong to its origin; empty when none did. */
  signedBy: readonly VerifierKey[];
}

const SIZE = /^(?:0|[1-9]\d{0,15})$/;
const ROOT = /^[A-Za-z\d+/]{43}=$/;

/** @throws RangeError for what can't be a checkpoint */
export function checkpointText({ origin, size, root }: Checkpoint): string {
  if (origin === '' || /\p{Cc}/u.test(origin) || !isTreeSize(size) || root.length !== HASH_BYTES)
    throw new RangeError('not a checkpoint');
  return `${origin}\n${size}\n${root.toString('base64')}\n`;
}

export function signCheckpoint(checkpoint: Checkpoint, signers: readonly NoteSigner[]): string {
  return signNote(checkpointText(checkpoint), signers);
}

/**
 * Reads the text of a note as a checkpoint. Lines after the third are extensions, which nothing here looks at.
 *
 * @throws NoteRefused
 */
export function parseCheckpoint(text: string): Checkpoint {
  const [origin = '', sizeText = '', rootText = '', ...rest] = text.split('\n');
  const size = Number(sizeText);
  // The text ends in a newline, so that what is split off last is empty; nothing else may be.
  const extensions = rest.slice(0, -1);
  if (rest.at(-1) !== '' || origin === '' || extensions.includes('')) throw new NoteRefused("it isn't a checkpoint");
  if (!SIZE.test(sizeText) || !isTreeSize(size)) throw new NoteRefused('its size is no decimal number up to 2^53 - 1');
  const root = Buffer.from(rootText, 'base64');
  if (!ROOT.test(rootText) || root.toString('base64') !== rootText)
    throw new NoteRefused('its root is not the base64 of 32 bytes');
  return { origin, size, root };
}

/**
 * Opens a note as a checkpoint. Whether a key that signed is one of the log's is judged by its name, so that a key that is
 * trusted for one log can't vouch for another.
 *
 * @throws NoteRefused when it is malformed, or the signature of a trusted key is wrong
 */
export function openCheckpoint(note: string, trusted: readonly VerifierKey[]): OpenedCheckpoint {
  const { text, signedBy } = openNote(note, trusted);
  const checkpoint = parseCheckpoint(text);
  return { ...checkpoint, signedBy: signedBy.filter(({ name }) => name === checkpoint.origin) };
}
