import { createPublicKey, verify } from 'node:crypto';
import { openCheckpoint } from '../../src/crypto/merkle/checkpoint.js';
import { leafHash } from '../../src/crypto/merkle/tree-hash.js';
import { verifyConsistency, verifyInclusion } from '../../src/crypto/merkle/verify-proof.js';
import { formatVerifierKey, parseVerifierKey, verifierKey } from '../../src/crypto/signed-note.js';
import { newId } from '../../src/kernel/ids/ids.js';
import { ReadingStage } from './reading-stage.js';

interface Proof {
  leafIndex: number;
  treeSize: number;
  leafHash: string;
  hashes: string[];
  record: string;
  checkpoint: string;
}
interface Consistency {
  first: number;
  second: number;
  hashes: string[];
  firstCheckpoint: string | null;
  secondCheckpoint: string | null;
}
interface Checkpoints {
  items: { treeSize: number; rootHash: string; note: string; signedAt: string }[];
  nextCursor: string | null;
}

const bytes = (text: string) => Buffer.from(text, 'base64');

describe('proofs of the audit log', () => {
  let reading: ReadingStage;
  let key: string;
  beforeAll(async () => {
    reading = await ReadingStage.start();
    for (let i = 0; i < 30; i++) await reading.append();
    const { keys } = await reading.json<{ keys: { key: string }[] }>('/audit/keys');
    key = keys[0]?.key ?? '';
  }, 60_000);
  afterAll(() => reading.close());

  const freshProof = async (): Promise<{ id: string; proof: Proof }> => {
    const target = newId();
    await reading.append({ target: { type: 'proved', id: target }, after: { secret: 'masked', n: 1 } });
    const [event] = (await reading.page(`target=${target}`)).items;
    return { id: event?.id ?? '', proof: await reading.json<Proof>(`/audit/events/${event?.id}/proof`) };
  };
  const status = async (path: string) => (await reading.fetch(path)).status;
  const verdictOn = async (body: unknown) => {
    const answer = await reading.fetch('/audit/verify', reading.token, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
    });
    return { status: answer.status, body: (await answer.json()) as Record<string, unknown> };
  };

  it('prove a record that has just been written, with nothing but the public key', async () => {
    const { id, proof } = await freshProof();
    const { root, size, signedBy } = openCheckpoint(proof.checkpoint, [parseVerifierKey(key)]);
    expect(signedBy).toHaveLength(1);
    expect(size).toBe(proof.treeSize);
    const hash = leafHash(Buffer.from(proof.record));
    expect(hash.toString('base64')).toBe(proof.leafHash);
    expect(
      verifyInclusion({ leafIndex: proof.leafIndex, size, leafHash: hash, path: proof.hashes.map(bytes), root }),
    ).toBe(true);
    expect(JSON.parse(proof.record)).toMatchObject({ id, after: { n: 1 }, version: 1 });
  });

  it('prove it in the log of an older checkpoint too, that the caller holds', async () => {
    const { id, proof } = await freshProof();
    const again = await reading.json<Proof>(`/audit/events/${id}/proof?size=${proof.treeSize}`);
    expect(again).toEqual(proof);
    expect(await status(`/audit/events/${id}/proof?size=${proof.treeSize + 1}`)).toBe(400);
    expect(await status(`/audit/events/${id}/proof?size=0`)).toBe(400);
    expect(await status(`/audit/events/${id}/proof?size=9007199254740993`)).toBe(400);
    const { items } = await reading.json<Checkpoints>('/audit/checkpoints?limit=200');
    const older = items.find(({ treeSize }) => treeSize <= proof.leafIndex);
    expect(older).toBeDefined();
    expect(await status(`/audit/events/${id}/proof?size=${older?.treeSize}`)).toBe(400);
  });

  it('show that the log has only grown', async () => {
    const before = (await freshProof()).proof;
    await new Promise((resolve) => setTimeout(resolve, 1100));
    const after = (await freshProof()).proof;
    expect(after.treeSize).toBeGreaterThan(before.treeSize);
    const shown = await reading.json<Consistency>(
      `/audit/consistency?first=${before.treeSize}&second=${after.treeSize}`,
    );
    expect(shown).toMatchObject({ firstCheckpoint: before.checkpoint, secondCheckpoint: after.checkpoint });
    const rootOf = (note: string) => openCheckpoint(note, [parseVerifierKey(key)]).root;
    const claim = {
      oldSize: before.treeSize,
      newSize: after.treeSize,
      oldRoot: rootOf(before.checkpoint),
      newRoot: rootOf(after.checkpoint),
      path: shown.hashes.map(bytes),
    };
    expect(verifyConsistency(claim)).toBe(true);
    expect(verifyConsistency({ ...claim, oldRoot: Buffer.alloc(32) })).toBe(false);
    const newest = await reading.json<Consistency>(`/audit/consistency?first=${before.treeSize}`);
    expect(newest.second).toBe(after.treeSize);
    expect((await reading.json<Consistency>(`/audit/consistency?first=0&second=0`)).hashes).toEqual([]);
  });

  it.each([
    'first=5&second=4',
    'first=1&second=999999',
    'second=1',
    'first=-1',
    'first=1.5',
    'first=x',
    'first=1&second=99999999999999999999',
  ])('refuse %p', async (query) => {
    expect(await status(`/audit/consistency?${query}`)).toBe(400);
  });

  it.each([
    ['first=0&second=999999', '/second'],
    ['first=999999&second=999999', '/first'],
    ['first=999999', '/first'],
    ['first=5&second=4', '/first'],
  ])('say how many records there are to who asks beyond them: %p', async (query, pointer) => {
    await freshProof();
    const answer = await (await reading.fetch(`/audit/consistency?${query}`)).json();
    const { code, detail, errors } = answer as { code: string; detail: string; errors: unknown[] };
    expect([code, errors]).toEqual(['audit.unknown_size', [expect.objectContaining({ pointer, code: 'range' })]]);
    expect(Number(/^The audit log has (\d+) records now/.exec(detail)?.[1])).toBeGreaterThan(0);
  });

  it('list what was signed, largest first, page by page, and give the newest as a note', async () => {
    await freshProof();
    const all = await reading.json<Checkpoints>('/audit/checkpoints?limit=200');
    const sizes = all.items.map(({ treeSize }) => treeSize);
    expect(sizes).toEqual([...sizes].sort((left, right) => right - left));
    const seen: number[] = [];
    let cursor: string | null = '';
    while (cursor !== null) {
      const page: Checkpoints = await reading.json<Checkpoints>(
        `/audit/checkpoints?limit=1${cursor === '' ? '' : `&cursor=${cursor}`}`,
      );
      seen.push(...page.items.map(({ treeSize }) => treeSize));
      cursor = page.nextCursor;
    }
    expect(seen).toEqual(sizes);
    const latest = await reading.fetch('/audit/checkpoints/latest');
    expect(latest.headers.get('content-type')).toMatch(/^text\/plain/);
    expect(await latest.text()).toBe(all.items[0]?.note);
    const { nextCursor } = await reading.json<Checkpoints>('/audit/checkpoints?limit=1');
    const [digest] = JSON.parse(Buffer.from(nextCursor ?? '', 'base64url').toString()) as string[];
    const made = (...parts: unknown[]) => Buffer.from(JSON.stringify(parts)).toString('base64url');
    expect(await status(`/audit/checkpoints?cursor=${made(digest, 5)}`)).toBe(200);
    for (const forged of [
      made('abc', 5),
      made(digest, -1),
      made(digest, 1.5),
      made(digest, '5'),
      made(digest),
      'abc.5',
    ])
      expect([forged, await status(`/audit/checkpoints?cursor=${forged}`)]).toEqual([forged, 400]);
  });

  it('name the keys as verifiers take them, which sign what they say', async () => {
    const { origin, keys } = await reading.json<{ origin: string; keys: { key: string; state: string }[] }>(
      '/audit/keys',
    );
    expect(keys.map(({ state }) => state)).toEqual(['current']);
    const note = await reading.text('/audit/checkpoints/latest');
    expect(note.startsWith(`${origin}\n`)).toBe(true);
    // Once more by hand, with node's own Ed25519.
    const [text = '', signature = ''] = note.split('\n\n');
    const { publicKey } = parseVerifierKey(keys[0]?.key ?? '');
    const spki = Buffer.concat([Buffer.from('302a300506032b6570032100', 'hex'), publicKey]);
    const signed = bytes(signature.trim().split(' ')[2] ?? '').subarray(4);
    expect(
      verify(null, Buffer.from(`${text}\n`), createPublicKey({ key: spki, format: 'der', type: 'spki' }), signed),
    ).toBe(true);
  });

  it('leave a record of each proof that was given', async () => {
    const { id } = await freshProof();
    const [record] = (await reading.page('action=audit.proof.read&limit=1')).items;
    expect(record?.target).toMatchObject({ type: 'audit-event', id });
  });

  describe('verified by the service', () => {
    it('hold as they were given', async () => {
      const { proof } = await freshProof();
      expect(await verdictOn({ proof })).toMatchObject({
        status: 200,
        body: { holds: true, leafIndex: proof.leafIndex, signedBy: [key] },
      });
      const bundle = await reading.text('/audit/export?format=bundle');
      expect(await verdictOn({ bundle })).toMatchObject({ status: 200, body: { holds: true, signedBy: [key] } });
      expect(await verdictOn({ bundle, keys: [key], checkpoints: [proof.checkpoint] })).toMatchObject({
        body: { holds: true },
      });
    });

    it('do not hold for another record, another place, another path, or another key', async () => {
      const [{ proof }, { proof: other }] = [await freshProof(), await freshProof()];
      const stranger = formatVerifierKey(verifierKey(parseVerifierKey(key).name, Buffer.alloc(32, 3)));
      const forgeries = [
        { proof: { ...proof, record: other.record } },
        { proof: { ...proof, record: proof.record.replace('"success"', '"failure"') } },
        { proof: { ...proof, record: `${proof.record} ` } },
        { proof: { ...proof, leafIndex: other.leafIndex } },
        { proof: { ...proof, hashes: proof.hashes.slice(1) } },
        { proof: { ...proof, hashes: [...proof.hashes].reverse() } },
        { proof: { ...proof, hashes: [...proof.hashes, proof.leafHash] } },
        {
          proof: {
            ...proof,
            checkpoint: proof.checkpoint.replace(`\n${proof.treeSize}\n`, `\n${proof.treeSize + 1}\n`),
          },
        },
        { proof, keys: [stranger] },
      ];
      for (const forgery of forgeries)
        expect(await verdictOn(forgery)).toMatchObject({ status: 200, body: { holds: false } });
    });

    it('do not hold for a bundle of which one byte is another, and say where', async () => {
      const bundle = await reading.text('/audit/export?format=bundle');
      const forged = bundle.replace('"outcome":"success"', '"outcome":"failure"');
      const { body } = await verdictOn({ bundle: forged });
      expect(body).toMatchObject({ holds: false, reason: 'record-changed', line: expect.any(Number) });
    });

    it.each<[string, unknown, number]>([
      ['nothing', {}, 400],
      ['both at once', { bundle: '', proof: { leafIndex: 0, hashes: [], record: '', checkpoint: '' } }, 400],
      ['a key that is none', { bundle: 'x', keys: ['nonsense'] }, 400],
      ['no keys', { bundle: 'x', keys: [] }, 400],
      ['a checkpoint that is none', { bundle: 'x', checkpoints: ['nonsense'] }, 400],
      ['a proof without a checkpoint', { proof: { leafIndex: 0, hashes: [], record: '' } }, 400],
      ['a hash that is none', { proof: { leafIndex: 0, hashes: ['x'], record: '', checkpoint: '' } }, 400],
      ['a null', { proof: null }, 400],
      ['a bundle that is none', { bundle: 'x' }, 200],
      ['an empty bundle', { bundle: '' }, 200],
      ['a checkpoint that is empty', { proof: { leafIndex: 0, hashes: [], record: '', checkpoint: '' } }, 200],
      ['lines without end', { bundle: '{}\n'.repeat(100_000) }, 200],
      ['more than it takes', { bundle: 'x'.repeat(9 * 1024 * 1024) }, 413],
    ])('answer %s', async (_name, given, expected) => {
      const { status: answered, body } = await verdictOn(given);
      expect(answered).toBe(expected);
      if (answered === 200) expect(body['holds']).toBe(false);
    });
  });

  it('are for those who may read the trail', async () => {
    const nobody = await reading.stage.browser().accessToken(reading.stage.person(5).upn);
    for (const path of ['/audit/keys', '/audit/checkpoints', '/audit/checkpoints/latest', '/audit/consistency?first=0'])
      expect([path, (await reading.fetch(path, nobody)).status]).toEqual([path, 403]);
  });
});
