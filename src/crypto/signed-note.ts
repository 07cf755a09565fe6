import { createPublicKey, hash, type KeyObject, verify } from 'node:crypto';

/** The public half of a key that signs notes, with the name that belongs to it (c2sp.org/signed-note). */
export interface VerifierKey {
  name: string;
  /** 4 bytes, which only say which key is meant. */
  id: Buffer;
  /** Ed25519, 32 bytes. */
  publicKey: Buffer;
  /** The same, ready for use: making it takes longer than a signature. */
  keyObject: KeyObject;
}

export interface NoteSigner {
  key: VerifierKey;
  /** Ed25519 over the bytes of the text: 64 bytes. */
  sign: (text: Buffer) => Buffer;
}

export interface OpenedNote {
  /** What was signed; it ends in a newline. Worth nothing while `signedBy` is empty. */
  text: string;
  /** The trusted keys whose signature was checked, in the order of the note. */
  signedBy: readonly VerifierKey[];
}

/** A note or key that isn't taken; the message is half a sentence. */
export class NoteRefused extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'NoteRefused';
  }
}

/** What a note may be; the standard asks for at least 16 signatures of up to 5 kB each. */
export const MAX_NOTE_BYTES = 128 * 1024;
export const MAX_NOTE_SIGNATURES = 64;

const ED25519 = 0x01;
const ID_BYTES = 4;
const KEY_BYTES = 32;
const SIGNATURE_BYTES = 64;
const NAME = /^[^\p{White_Space}\p{Cc}+]+$/u;
const SIGNATURE_LINE = /^\u2014 ([^ ]+) ([^ ]+)$/u;
/** Every ASCII control character but the newline, a carriage return among them. */
const CONTROLS = /[^\n\u{20}-\u{10ffff}]/u;

/**
 * @param publicKey 32 bytes
 * @throws NoteRefused
 */
export function verifierKey(name: string, publicKey: Buffer): VerifierKey {
  if (!NAME.test(name) || !name.isWellFormed())
    throw new NoteRefused('the name of the key has a space or a plus sign, or is none');
  if (publicKey.length !== KEY_BYTES) throw new NoteRefused('the key is not an Ed25519 key of 32 bytes');
  const id = hash('sha256', Buffer.concat([Buffer.from(`${name}\n`), Buffer.of(ED25519), publicKey]), 'buffer');
  return { name, id: id.subarray(0, ID_BYTES), publicKey, keyObject: keyObjectOf(publicKey) };
}

/** The key as one line of text to give away: `name+id+key`. */
export function formatVerifierKey({ name, id, publicKey }: VerifierKey): string {
  return `${name}+${id.toString('hex')}+${Buffer.concat([Buffer.of(ED25519), publicKey]).toString('base64')}`;
}

/** @throws NoteRefused */
export function parseVerifierKey(text: string): VerifierKey {
  // Base64 may contain a plus sign, names and ids can't.
  const [name = '', id = '', ...rest] = text.split('+');
  const encoded = decodeBase64(rest.join('+'));
  if (encoded === null || encoded[0] !== ED25519)
    throw new NoteRefused('it is not the line of an Ed25519 key: name+id+key');
  const key = verifierKey(name, encoded.subarray(1));
  if (key.id.toString('hex') !== id) throw new NoteRefused("its id doesn't belong to its name and key");
  return key;
}

/**
 * @param text ends in a newline
 * @throws RangeError for a text that a note can't carry, or without a signer
 */
export function signNote(text: string, signers: readonly NoteSigner[]): string {
  if (!text.endsWith('\n') || !text.isWellFormed() || CONTROLS.test(text))
    throw new RangeError('a note is lines of text');
  if (signers.length === 0 || signers.length > MAX_NOTE_SIGNATURES) throw new RangeError('a note needs a signature');
  const bytes = Buffer.from(text);
  const lines = signers.map(({ key, sign }) => {
    const signature = sign(bytes);
    if (signature.length !== SIGNATURE_BYTES) throw new RangeError('an Ed25519 signature has 64 bytes');
    return `\u2014 ${key.name} ${Buffer.concat([key.id, signature]).toString('base64')}\n`;
  });
  return `${text}\n${lines.join('')}`;
}

/**
 * Reads a note and checks the signatures of the keys that are trusted; those of others are ignored.
 *
 * @throws NoteRefused when it is malformed, or the signature of a trusted key is wrong or is there in two
 *   forms: each key is checked once, however long the note is
 */
export function openNote(note: string, trusted: readonly VerifierKey[]): OpenedNote {
  const { text, signatures } = splitNote(note);
  const bytes = Buffer.from(text);
  const byLabel = keysByLabel(trusted);
  const checked = new Map<VerifierKey, Buffer>();
  for (const { name, id, signature } of signatures) {
    const label = labelOf({ name, id });
    const key = byLabel.get(label);
    if (key === undefined) continue;
    const before = checked.get(key);
    if (before?.equals(signature)) continue;
    if (before !== undefined) throw new NoteRefused(`it has two signatures of ${label}`);
    if (!verifies(key, bytes, signature)) throw new NoteRefused(`the signature of ${label} is wrong`);
    checked.set(key, signature);
  }
  return { text, signedBy: [...checked.keys()] };
}

function labelOf({ name, id }: Pick<VerifierKey, 'name' | 'id'>): string {
  return `${name}+${id.toString('hex')}`;
}

/** @throws NoteRefused for two keys under one name and id: which of them is meant nobody could say */
function keysByLabel(trusted: readonly VerifierKey[]): Map<string, VerifierKey> {
  const byLabel = new Map<string, VerifierKey>();
  for (const key of trusted) {
    const label = labelOf(key);
    const other = byLabel.get(label);
    if (other !== undefined && !other.publicKey.equals(key.publicKey))
      throw new NoteRefused(`there are two keys ${label}`);
    byLabel.set(label, key);
  }
  return byLabel;
}

/** Between two notes: after a line of signatures, before what is none. */
const NOTE_ENDS = /(?<=^\u2014 [^\n]*\n)\n*(?=[^\u2014\n])/mu;

/** The notes of a file that they were appended to one after the other, with or without empty lines between them. */
export function notesOf(text: string): string[] {
  const { notes, rest } = splitNotes(text);
  return [...notes, withoutEmptyLines(rest)];
}

/** The same for a piece of a file. What follows may belong to the last one: it is the rest, as it stands there, down to an empty line. */
export function splitNotes(text: string): { notes: string[]; rest: string } {
  const notes = text.split(NOTE_ENDS);
  const rest = notes.pop() ?? '';
  return { notes: notes.map(withoutEmptyLines), rest };
}

function withoutEmptyLines(note: string): string {
  return note.replace(/\n+$/, '\n');
}

interface NoteSignature {
  name: string;
  id: Buffer;
  signature: Buffer;
}

function splitNote(note: string): { text: string; signatures: NoteSignature[] } {
  if (note.length > MAX_NOTE_BYTES || Buffer.byteLength(note) > MAX_NOTE_BYTES) throw new NoteRefused('it is too long');
  if (!note.isWellFormed() || CONTROLS.test(note)) throw new NoteRefused('it is not plain text');
  const blank = note.lastIndexOf('\n\n');
  if (blank < 0 || !note.endsWith('\n')) throw new NoteRefused('it has no signatures');
  const lines = note.slice(blank + 2, -1).split('\n');
  if (lines.length > MAX_NOTE_SIGNATURES) throw new NoteRefused('it has too many signatures');
  return { text: note.slice(0, blank + 1), signatures: lines.map(parseSignature) };
}

function parseSignature(line: string): NoteSignature {
  const [, name = '', encoded = ''] = SIGNATURE_LINE.exec(line) ?? [];
  const bytes = decodeBase64(encoded);
  if (!NAME.test(name) || bytes === null || bytes.length <= ID_BYTES)
    throw new NoteRefused('a line of its signatures is malformed');
  return { name, id: bytes.subarray(0, ID_BYTES), signature: bytes.subarray(ID_BYTES) };
}

function verifies(key: VerifierKey, text: Buffer, signature: Buffer): boolean {
  return signature.length === SIGNATURE_BYTES && verify(null, text, key.keyObject, signature);
}

/** RFC 8410: the 12 bytes that stand before a raw Ed25519 key in its SPKI form. */
const SPKI_PREFIX = Buffer.from('302a300506032b6570032100', 'hex');

function keyObjectOf(publicKey: Buffer): KeyObject {
  return createPublicKey({ key: Buffer.concat([SPKI_PREFIX, publicKey]), format: 'der', type: 'spki' });
}

/** Strict: what node would read with a mistake in it, or in another spelling, is null. */
function decodeBase64(text: string): Buffer | null {
  const bytes = Buffer.from(text, 'base64');
  return text !== '' && bytes.toString('base64') === text ? bytes : null;
}
