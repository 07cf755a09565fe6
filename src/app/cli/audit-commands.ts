import type { Command } from 'commander';
import type {
  BundleFails,
  BundleHolds,
  BundleQuestion,
  BundleVerdict,
  MissingRecords,
} from '../../audit/evidence/evidence.types.js';
import type { ParsedProof } from '../../audit/evidence/parse-proof.js';
import type { ConsistencyHolds, InclusionHolds, ProofFails, ProofTrust } from '../../audit/evidence/verify-proof.js';
import type { LeafRange } from '../../crypto/merkle/subtrees.js';
import type { VerifierKey } from '../../crypto/signed-note.js';
import { printable } from '../../drift/report/printable.js';
import { registerAuditApi } from './audit-api-commands.js';
import { CliError, type CliIo } from './cli-io.js';

/** Of a file with keys, or with checkpoints: one a minute for some months. */
const MAX_FILE_BYTES = 64 * 1024 * 1024;

interface VerifyCommandOptions {
  key: string[];
  checkpoint: string[];
  complete?: true;
  json?: true;
}

/**
 * `audit verify`: evidence of the audit log, with nothing of ours but the public key; no database, no network. Beside it what the
 * API of a running service offers.
 */
export function register(program: Command, io: CliIo): void {
  const several = (value: string, before: string[] = []) => [...before, value];
  const audit = program.command('audit').description('the audit log that proves itself');
  registerAuditApi(audit, io);
  audit
    .command('verify')
    .description('whether a bundle or a proof holds, without a server: exit 1 names the first position that does not')
    .argument(
      '<evidence>',
      'a bundle, also compressed with gzip, - is one on the standard input; or a proof as the API answers it',
    )
    .requiredOption('--key <key>', 'public key of the log, name+id+key, or a file with such lines; repeatable', several)
    .option(
      '--checkpoint <file>',
      'a checkpoint that was kept outside of the log, or a file of such (AUDIT_CHECKPOINT_FILE); repeatable',
      several,
      [],
    )
    .option(
      '--complete',
      'also exit 1 when any record of the log is left out; what a filter leaves out counts, because nobody could tell',
    )
    .option('--json', 'the verdict as JSON')
    .action((bundle: string, options: VerifyCommandOptions) => verify(bundle, options, io));
}

/** The most that a record and its proof can have. */
const MAX_PROOF_BYTES = 8 * 1024 * 1024;

async function verify(bundle: string, options: VerifyCommandOptions, io: CliIo): Promise<void> {
  const { key, checkpoint, complete, json } = options;
  const { verifyBundle } = await import('../../audit/evidence/verify-bundle.js');
  const trusted = (await Promise.all(key.map(readKeys))).flat();
  const kept = (await Promise.all(checkpoint.map((file) => readCheckpoints(file, trusted)))).flat();
  const proof = await readingOf(bundle, () => proofIn(bundle));
  if (proof !== null) return tellProof(proof, { trusted, kept }, json === true, io);
  const verdict = await readingOf(bundle, async () => verifyBundle(await bytesOf(bundle), { trusted, kept, complete }));
  io.out(json === true ? `${JSON.stringify(asJson(verdict), null, 2)}\n` : inWords(verdict));
  io.exitCode = verdict.holds ? 0 : 1;
}

/** The proof that a file is; null when it is something else, such as a bundle. What can be read only once is a bundle. */
async function proofIn(file: string): Promise<ParsedProof | null> {
  if (file === '-') return null;
  const { readFile, stat } = await import('node:fs/promises');
  const stats = await stat(file);
  if (!stats.isFile() || stats.size > MAX_PROOF_BYTES) return null;
  const { parseProof } = await import('../../audit/evidence/parse-proof.js');
  return parseProof(await readFile(file));
}

async function tellProof(parsed: ParsedProof, trust: ProofTrust, json: boolean, io: CliIo): Promise<void> {
  const { verifyConsistencyProof, verifyInclusionProof } = await import('../../audit/evidence/verify-proof.js');
  const verdict =
    parsed.kind === 'ambiguous'
      ? ({ holds: false, reason: 'malformed-proof', detail: parsed.detail } as const)
      : parsed.kind === 'inclusion'
        ? verifyInclusionProof(parsed.proof, trust)
        : verifyConsistencyProof(parsed.proof, trust);
  io.out(json ? `${JSON.stringify(verdict, null, 2)}\n` : proofInWords(verdict));
  io.exitCode = verdict.holds ? 0 : 1;
}

function proofInWords(verdict: InclusionHolds | ConsistencyHolds | ProofFails): string {
  if (!verdict.holds) return `${printable(`does not hold: ${verdict.detail} (${verdict.reason})`)}\n`;
  const { origin, size, keptCheckpoints, signedBy } = verdict;
  const what =
    'first' in verdict
      ? `the log of ${size} records begins with the one of ${verdict.first}`
      : `the record is the one at place ${verdict.leafIndex} of ${size}`;
  const lines = [
    `holds      ${origin}: ${what}`,
    ...signedBy.map((key) => `signed by  ${key}`),
    `agreeing   ${keptCheckpoints} checkpoints kept outside`,
  ];
  return lines.map((line) => `${printable(line)}\n`).join('');
}

/** @throws CliError */
async function readKeys(keyOrFile: string): Promise<VerifierKey[]> {
  const { NoteRefused, parseVerifierKey } = await import('../../crypto/signed-note.js');
  const read = (line: string): VerifierKey | InstanceType<typeof NoteRefused> => {
    try {
      return parseVerifierKey(line);
    } catch (error) {
      if (error instanceof NoteRefused) return error;
      throw error;
    }
  };
  const parse = (line: string, from: string): VerifierKey => {
    const key = read(line);
    if (key instanceof NoteRefused) throw new CliError(`${from} is no key of a log: ${key.message}`);
    return key;
  };
  // What reads as a key is one, whatever files lie there: evidence that comes with a file of the key's name must not bring its own key.
  const given = read(keyOrFile);
  if (!(given instanceof NoteRefused)) return [given];
  const { existsSync } = await import('node:fs');
  if (!existsSync(keyOrFile)) return [parse(keyOrFile, keyOrFile)];
  const lines = (await readText(keyOrFile))
    .split(/\r?\n/)
    .filter((line) => line.trim() !== '' && !line.startsWith('#'));
  if (lines.length === 0) throw new CliError(`${keyOrFile} has no keys in it`);
  return lines.map((line) => parse(line, `a line of ${keyOrFile}`));
}

/** @throws CliError when nothing follows from them, because no trusted key has signed any */
async function readCheckpoints(file: string, trusted: readonly VerifierKey[]): Promise<string[]> {
  const { openCheckpoint } = await import('../../crypto/merkle/checkpoint.js');
  const { NoteRefused, notesOf } = await import('../../crypto/signed-note.js');
  const notes = notesOf(await readText(file));
  try {
    const signed = notes.filter((note) => openCheckpoint(note, trusted).signedBy.length > 0);
    if (signed.length > 0) return signed;
  } catch (error) {
    if (!(error instanceof NoteRefused)) throw error;
    throw new CliError(`${file} can't be used as a checkpoint: ${error.message}`);
  }
  throw new CliError(`${file} can't be used as a checkpoint: none of the keys has signed it`);
}

async function readText(file: string): Promise<string> {
  const { readFile, stat } = await import('node:fs/promises');
  return readingOf(file, async () => {
    const stats = await stat(file);
    if (!stats.isFile()) throw new CliError(`${file} is no file`);
    if (stats.size > MAX_FILE_BYTES)
      throw new CliError(`${file} is too long: keys and checkpoints have less than 64 MiB`);
    return readFile(file, 'utf8');
  });
}

async function bytesOf(bundle: string): Promise<AsyncIterable<Uint8Array>> {
  if (bundle !== '-') return (await import('../../audit/evidence/read-bundle-file.js')).readBundleFile(bundle);
  return (await import('../../audit/evidence/unpack-bundle.js')).unpackBundle(process.stdin);
}

/** What the system says about a file is an error of use. */
async function readingOf<T>(file: string, read: () => Promise<T>): Promise<T> {
  try {
    return await read();
  } catch (error) {
    if (isSystemError(error)) throw new CliError(`${file} can't be read: ${error.message}`);
    throw error;
  }
}

function isSystemError(error: unknown): error is NodeJS.ErrnoException {
  return typeof error === 'object' && error !== null && 'syscall' in error && 'message' in error;
}

function asJson(verdict: BundleVerdict): object {
  return verdict.holds ? { ...verdict, root: verdict.root.toString('base64') } : verdict;
}

function inWords(verdict: BundleVerdict): string {
  return verdict.holds ? proven(verdict) : refuted(verdict);
}

function proven(verdict: BundleHolds): string {
  const { origin, size, root, records, checkpoints, unverifiedCheckpoints, keptCheckpoints, signedBy } = verdict;
  const { asked, first, last, missing } = verdict;
  const lines = [
    `holds      ${origin}: ${records} of ${size} records are in the bundle and are as they were signed`,
    `asked for  ${questionInWords(asked)}`,
    ...(first === null || last === null ? [] : [`places     from ${first} to ${last}`]),
    ...(missing.count === 0 ? [] : [`missing    ${missingInWords(missing)}`]),
    `root       ${root.toString('base64')}`,
    ...signedBy.map((key) => `signed by  ${key}`),
    `agreeing   ${checkpoints} checkpoints in the bundle, ${keptCheckpoints} kept outside`,
  ];
  if (unverifiedCheckpoints > 0)
    lines.push(`unverified ${unverifiedCheckpoints} checkpoints, by keys that were not given`);
  return lines.map((line) => `${printable(line)}\n`).join('');
}

/** Whoever made the bundle says so, and nobody signed it: it is for comparing with what one asked for. */
function questionInWords(asked: BundleQuestion | null): string {
  if (asked === null) return 'unknown: the bundle does not say it';
  const { filter, from, to, everything } = asked;
  const filters = Object.entries(filter).map(([name, value]) => `${name}=${value}`);
  const places = to > from ? `, of the places ${from} to ${to - 1}` : '';
  const reach = everything ? '' : ', as far as whoever asked may read';
  return `${filters.length === 0 ? 'everything' : filters.join(' ')}${places}${reach}`;
}

const SHOWN_RANGES = 10;

function missingInWords({ count, ranges }: MissingRecords): string {
  const shown = ranges
    .slice(0, SHOWN_RANGES)
    .map(({ from, to }) => (to - from === 1 ? `${from}` : `${from} to ${to - 1}`));
  const more = ranges.length > SHOWN_RANGES ? ', …' : '';
  return `${count} of the log's records are not in the bundle: ${shown.join(', ')}${more}`;
}

function refuted({ line, range, reason, detail }: BundleFails): string {
  return `${printable(`does not hold: line ${line}${range === null ? '' : `, ${placesOf(range)}`}: ${detail} (${reason})`)}\n`;
}

function placesOf({ from, to }: LeafRange): string {
  return to - from <= 1 ? `record ${from}` : `records ${from} to ${to - 1}`;
}
