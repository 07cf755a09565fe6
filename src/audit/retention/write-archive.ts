import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { open, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGzip } from 'node:zlib';
import type { VerifierKey } from '../../crypto/signed-note.js';
import { readBundleFile } from '../evidence/read-bundle-file.js';
import { verifyBundle } from '../evidence/verify-bundle.js';
import { type EvidenceSource, writeBundle } from '../evidence/write-bundle.js';

/** Whoever may read the folder reads the records: the group may, nobody else. */
const MODE = 0o640;

export interface ArchiveOptions {
  /** There it is already. */
  folder: string;
  /** A file of this name is replaced. */
  name: string;
  source: EvidenceSource;
  /** How many records have to be in it. */
  records: number;
  trusted: readonly VerifierKey[];
  signal: AbortSignal;
}

export interface WrittenArchive {
  /** Of the file, in hex. */
  sha256: string;
}

/**
 * Writes a bundle into a file and verifies what lies there then. The file takes its name, and the place of an older one, only when it
 * holds and is on the disk.
 *
 * @throws Error when it can't be written, or doesn't hold
 */
export async function writeArchive(options: ArchiveOptions): Promise<WrittenArchive> {
  const { folder, name, source, records, trusted, signal } = options;
  const path = join(folder, name);
  const temporary = `${path}.writing`;
  await rm(temporary, { force: true });
  try {
    const file = await open(temporary, 'wx', MODE);
    try {
      await pipeline(
        Readable.from(writeBundle(source)),
        createGzip(),
        async (chunks: AsyncIterable<Buffer>) => {
          for await (const chunk of chunks) await file.appendFile(chunk);
        },
        { signal },
      );
      await file.sync();
    } finally {
      await file.close();
    }
    const verdict = await verifyBundle(readBundleFile(temporary), { trusted });
    if (!verdict.holds) throw new Error(`the archive ${name} does not hold: ${verdict.detail}`);
    if (verdict.records !== records)
      throw new Error(`the archive ${name} has ${verdict.records} of ${records} records`);
    const sha256 = await sha256Of(temporary);
    await rename(temporary, path);
    await syncFolder(folder);
    return { sha256 };
  } finally {
    await rm(temporary, { force: true });
  }
}

/** The name of a file is on the disk only when its folder is. */
async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

async function sha256Of(path: string): Promise<string> {
  const hash = createHash('sha256');
  for await (const chunk of createReadStream(path)) hash.update(chunk as Buffer);
  return hash.digest('hex');
}
