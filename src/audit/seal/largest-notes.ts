import { createReadStream } from 'node:fs';
import { MAX_NOTE_BYTES, notesOf, splitNotes } from '../../crypto/signed-note.js';

/** Notes that are looked at when the largest is none: more than a few are only there where somebody wants the file not to be believed. */
const CANDIDATES = 1000;
const SIZE = /^[^\n]*\n(\d{1,16})\n/;

interface Claimed {
  size: number;
  note: string;
}

/**
 * The notes of a file of checkpoints that say the largest sizes, largest first; in bounded memory, however long the file is. Nobody has
 * checked what they say.
 *
 * @returns null when there is no such file, or nothing in it
 */
export async function largestNotes(path: string): Promise<string[] | null> {
  let claimed: Claimed[] = [];
  let isEmpty = true;
  const keep = (notes: readonly string[]) => {
    for (const note of notes) {
      const size = SIZE.exec(note)?.[1];
      if (size !== undefined) claimed.push({ size: Number(size), note });
    }
    if (claimed.length > 2 * CANDIDATES) claimed = largest(claimed);
  };
  try {
    let rest = '';
    for await (const chunk of createReadStream(path, 'utf8')) {
      const { notes, rest: begun } = splitNotes(rest + chunk);
      rest = begun;
      // No note is that long: its end is still one's beginning, perhaps.
      if (rest.length > MAX_NOTE_BYTES) rest = rest.slice(-MAX_NOTE_BYTES);
      isEmpty &&= notes.length === 0 && rest.trim() === '';
      keep(notes);
    }
    keep(notesOf(rest));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
    throw error;
  }
  return isEmpty ? null : largest(claimed).map(({ note }) => note);
}

function largest(claimed: Claimed[]): Claimed[] {
  return claimed.sort((left, right) => right.size - left.size).slice(0, CANDIDATES);
}
