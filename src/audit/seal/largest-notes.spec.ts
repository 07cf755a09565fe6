import { generateKeyPairSync, sign } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { signCheckpoint } from '../../crypto/merkle/checkpoint.js';
import { verifierKey } from '../../crypto/signed-note.js';
import { largestNotes } from './largest-notes.js';

/** What a stream of a file gives at once. */
const CHUNK = 64 * 1024;

describe('the largest notes of a file', () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'bx-notes-'));
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  const origin = 'bx.example/audit/abc';
  const { publicKey, privateKey } = generateKeyPairSync('ed25519');
  const key = verifierKey(origin, publicKey.export({ type: 'spki', format: 'der' }).subarray(-32));
  const second = { ...key, name: 'bx.example/second' };
  const note = (size: number) =>
    signCheckpoint(
      { origin, size, root: Buffer.alloc(32, size) },
      [key, second].map((one) => ({ key: one, sign: (text: Buffer) => sign(null, text, privateKey) })),
    );
  const largest = async (text: string) => {
    const path = join(folder, 'checkpoints');
    writeFileSync(path, text);
    return largestNotes(path);
  };

  it.each(['', '\n'])('are whole wherever a piece of the file ends, with %j between them', async (between) => {
    const [before, across, after] = [note(1) + between, note(200) + between, note(3) + between];
    for (let offset = 0; offset <= Buffer.byteLength(across); offset++) {
      const filling = 'x'.repeat(CHUNK - offset - Buffer.byteLength(before) - 1);
      const found = await largest(`${filling}\n${before}${across}${after}`);
      expect([offset, found?.[0]]).toEqual([offset, note(200)]);
      expect(found).toContain(note(3));
    }
  });

  it('are none in a file that is empty', async () => {
    expect(await largest('\n\n')).toBeNull();
  });
});
