import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { CompactRange } from './compact-range.js';
import { GrowingTree } from './growing-tree.js';
import { rememberTiles } from './remember-tiles.js';
import { coverOf } from './subtrees.js';
import { growingTiles, type ReadTiles, type Tile, TreeDamaged, tileKey } from './tiles.js';
import { EMPTY_ROOT, HASH_BYTES, leafHash, leafHashText } from './tree-hash.js';
import { consistencyProof, coverHashes, inclusionProof, treeRoot } from './tree-proofs.js';
import { verifyConsistency, verifyInclusion } from './verify-proof.js';

/** RFC 9162 2.1 as it stands there, with nothing of ours: the judge. */
const sha256 = (...parts: Buffer[]) => parts.reduce((hash, part) => hash.update(part), createHash('sha256')).digest();
const naiveSplit = (n: number) => 2 ** Math.floor(Math.log2(n - 1));
function naiveRoot(leaves: Buffer[]): Buffer {
  const [only] = leaves;
  if (only === undefined) return sha256();
  if (leaves.length === 1) return only;
  const k = naiveSplit(leaves.length);
  return sha256(Buffer.of(1), naiveRoot(leaves.slice(0, k)), naiveRoot(leaves.slice(k)));
}
function naivePath(m: number, leaves: Buffer[]): Buffer[] {
  if (leaves.length === 1) return [];
  const k = naiveSplit(leaves.length);
  return m < k
    ? [...naivePath(m, leaves.slice(0, k)), naiveRoot(leaves.slice(k))]
    : [...naivePath(m - k, leaves.slice(k)), naiveRoot(leaves.slice(0, k))];
}
function naiveSubproof(m: number, leaves: Buffer[], whole: boolean): Buffer[] {
  if (m === leaves.length) return whole ? [] : [naiveRoot(leaves)];
  const k = naiveSplit(leaves.length);
  return m <= k
    ? [...naiveSubproof(m, leaves.slice(0, k), whole), naiveRoot(leaves.slice(k))]
    : [...naiveSubproof(m - k, leaves.slice(k), false), naiveRoot(leaves.slice(0, k))];
}

const hex = (text: string) => Buffer.from(text, 'hex');
const fakeLeaves = (count: number) =>
  Array.from({ length: count }, (_, i) => sha256(Buffer.of(0), Buffer.from(String(i))));

/** Stored tiles, and how many were read. */
function storage() {
  const stored = new Map<string, Tile>();
  const asked: number[] = [];
  const readTiles: ReadTiles = async (ids) => {
    asked.push(ids.length);
    return ids.flatMap((id) => stored.get(tileKey(id)) ?? []).reverse();
  };
  const put = (tiles: Tile[]) => {
    for (const tile of tiles) stored.set(tileKey(tile), tile);
  };
  return { stored, asked, readTiles, put };
}

async function grown(leaves: Buffer[], batches: number[] = [leaves.length]) {
  const tiles = storage();
  const tree = await GrowingTree.open(0, tiles.readTiles);
  let at = 0;
  for (const batch of [...batches, leaves.length]) {
    tiles.put(tree.append(Buffer.concat(leaves.slice(at, at + batch))));
    at = Math.min(leaves.length, at + batch);
  }
  return { ...tiles, tree };
}

describe('the tree of RFC 6962 and RFC 9162', () => {
  // The eight inputs that the Certificate Transparency project tests its trees with, and what it publishes for them.
  const inputs = ['', '00', '10', '2021', '3031', '40414243', '5051525354555657', '606162636465666768696a6b6c6d6e6f'];
  const roots = [
    'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855',
    '6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d',
    'fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125',
    'aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77',
    'd37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7',
    '4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4',
    '76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef',
    'ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c',
    '5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328',
  ].map(hex);
  const leaves = inputs.map((input) => leafHash(hex(input)));
  const rootAt = (size: number) => roots[size] ?? EMPTY_ROOT;
  const leafAt = (index: number) => leaves[index] ?? EMPTY_ROOT;

  test.each(roots.map((root, size) => [size, root] as const))(
    'has the published root at size %i',
    async (size, root) => {
      const range = new CompactRange();
      for (const leaf of leaves.slice(0, size)) range.appendLeaf(leaf);
      expect(range.root()).toEqual(root);
      const { tree, readTiles } = await grown(leaves.slice(0, size));
      expect(tree.root()).toEqual(root);
      expect(await treeRoot(size, readTiles)).toEqual(root);
    },
  );

  test.each([
    [0, 1, []],
    [
      0,
      8,
      [
        '96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7',
        '5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e',
        '6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4',
      ],
    ],
    [
      5,
      8,
      [
        'bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b',
        'ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0',
        'd37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7',
      ],
    ],
    [2, 3, ['fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125']],
    [
      1,
      5,
      [
        '6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d',
        '5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e',
        'bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b',
      ],
    ],
  ])('gives the published inclusion proof of leaf %i at size %i', async (leafIndex, size, expected) => {
    const { readTiles } = await grown(leaves);
    const path = await inclusionProof(leafIndex, size, readTiles);
    expect(path.map((node) => node.toString('hex'))).toEqual(expected);
    expect(verifyInclusion({ leafIndex, size, leafHash: leafAt(leafIndex), path, root: rootAt(size) })).toBe(true);
  });

  test.each([
    [1, 1, []],
    [
      1,
      8,
      [
        '96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7',
        '5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e',
        '6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4',
      ],
    ],
    [
      6,
      8,
      [
        '0ebc5d3437fbe2db158b9f126a1d118e308181031d0a949f8dededebc558ef6a',
        'ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0',
        'd37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7',
      ],
    ],
    [
      2,
      5,
      [
        '5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e',
        'bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b',
      ],
    ],
    [
      6,
      7,
      [
        '0ebc5d3437fbe2db158b9f126a1d118e308181031d0a949f8dededebc558ef6a',
        'b08693ec2e721597130641e8211e7eedccb4c26413963eee6c1e2ed16ffb1a5f',
        'd37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7',
      ],
    ],
  ])('gives the published consistency proof from size %i to %i', async (oldSize, newSize, expected) => {
    const { readTiles } = await grown(leaves);
    const path = await consistencyProof(oldSize, newSize, readTiles);
    expect(path.map((node) => node.toString('hex'))).toEqual(expected);
    const claim = { oldSize, newSize, oldRoot: rootAt(oldSize), newRoot: rootAt(newSize), path };
    expect(verifyConsistency(claim)).toBe(true);
  });

  it('never takes a proof for a proof of anything else', async () => {
    const { readTiles } = await grown(leaves);
    for (let size = 1; size <= 8; size++) {
      for (let leafIndex = 0; leafIndex < size; leafIndex++) {
        const path = await inclusionProof(leafIndex, size, readTiles);
        const claim = { leafIndex, size, leafHash: leafAt(leafIndex), path, root: rootAt(size) };
        const forged = [
          ...[-1, 0.5, Number.NaN, size, 2 ** 53, ...leaves.keys()]
            .filter((other) => other !== leafIndex)
            .map((other) => ({ ...claim, leafIndex: other })),
          { ...claim, size: 0 },
          { ...claim, size: Number.POSITIVE_INFINITY },
          { ...claim, leafHash: EMPTY_ROOT },
          { ...claim, leafHash: claim.leafHash.subarray(1) },
          { ...claim, root: EMPTY_ROOT },
          { ...claim, root: Buffer.alloc(0) },
          { ...claim, path: [...path, claim.root] },
          { ...claim, path: [claim.root, ...path] },
          { ...claim, path: [...path, Buffer.alloc(0)] },
          ...(path.length > 0
            ? [
                { ...claim, path: path.slice(1) },
                { ...claim, path: path.slice(0, -1) },
              ]
            : []),
          ...path.map((_, at) => ({ ...claim, path: path.map((node, i) => (i === at ? flipped(node) : node)) })),
        ];
        expect(verifyInclusion(claim)).toBe(true);
        expect(forged.map(verifyInclusion)).toEqual(forged.map(() => false));
      }
    }
  });

  it('never takes two trees for one that grew', async () => {
    const { readTiles } = await grown(leaves);
    for (let newSize = 0; newSize <= 8; newSize++) {
      for (let oldSize = 0; oldSize <= newSize; oldSize++) {
        const path = await consistencyProof(oldSize, newSize, readTiles);
        const claim = { oldSize, newSize, oldRoot: rootAt(oldSize), newRoot: rootAt(newSize), path };
        const forged = [
          ...[-1, 0.5, newSize + 1, ...leaves.keys()]
            .filter((other) => other !== oldSize)
            .map((other) => ({ ...claim, oldSize: other })),
          { ...claim, oldRoot: flipped(claim.oldRoot) },
          // From nothing, anything may have grown.
          ...(oldSize > 0 ? [{ ...claim, newRoot: flipped(claim.newRoot) }] : []),
          ...(oldSize < newSize ? [{ ...claim, oldRoot: claim.newRoot }] : []),
          { ...claim, path: [...path, claim.newRoot] },
          { ...claim, path: [claim.newRoot, ...path] },
          { ...claim, path: [claim.oldRoot, ...path] },
          ...(path.length > 0
            ? [
                { ...claim, path: [] },
                { ...claim, path: path.slice(1) },
              ]
            : []),
          ...(path.length > 0 ? [{ ...claim, path: path.slice(0, -1) }] : []),
          ...path.map((_, at) => ({ ...claim, path: path.map((node, i) => (i === at ? flipped(node) : node)) })),
        ];
        expect(verifyConsistency(claim)).toBe(true);
        expect(forged.map(verifyConsistency)).toEqual(forged.map(() => false));
      }
    }
  });
});

describe('tiles', () => {
  const all = fakeLeaves(1400);

  it('are those of the published example of 70,000 leaves, and prove over three levels', async () => {
    const leaves = fakeLeaves(70_000);
    const { stored, tree, readTiles } = await grown(leaves, [65_535, 1, 1]);
    const widths = (level: number) =>
      [...stored.values()].filter((tile) => tile.level === level).map(({ hashes }) => hashes.length / HASH_BYTES);
    expect([widths(0).filter((width) => width === 256).length, widths(0).at(-1)]).toEqual([273, 112]);
    expect([widths(1), widths(2), widths(3)]).toEqual([[256, 17], [1], []]);

    const range = new CompactRange();
    for (const leaf of leaves) range.appendLeaf(leaf);
    const root = range.root();
    expect(tree.root()).toEqual(root);
    for (const leafIndex of [0, 255, 256, 65_535, 65_536, 69_887, 69_888, 69_999]) {
      const path = await inclusionProof(leafIndex, 70_000, readTiles);
      expect(verifyInclusion({ leafIndex, size: 70_000, leafHash: leaves[leafIndex] ?? EMPTY_ROOT, path, root })).toBe(
        true,
      );
    }
    for (const oldSize of [1, 256, 300, 65_536, 65_537, 69_999]) {
      const oldRoot = await treeRoot(oldSize, readTiles);
      const path = await consistencyProof(oldSize, 70_000, readTiles);
      expect(verifyConsistency({ oldSize, newSize: 70_000, oldRoot, newRoot: root, path })).toBe(true);
    }
  });

  it('prove and cover like the definition, however they were appended', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 1, max: all.length }),
        fc.array(fc.integer({ min: 0, max: 600 }), { maxLength: 6 }),
        fc.tuple(fc.double({ min: 0, max: 1, noNaN: true }), fc.double({ min: 0, max: 1, noNaN: true })),
        async (count, batches, [a, b]) => {
          const leaves = all.slice(0, count);
          const { tree, readTiles } = await grown(leaves, batches);
          // A tree of any earlier size can still be proved.
          const size = 1 + Math.floor(a * (count - 1));
          const leafIndex = Math.floor(b * (size - 1));
          const root = naiveRoot(leaves.slice(0, size));
          expect(tree.root()).toEqual(naiveRoot(leaves));
          expect(await treeRoot(size, readTiles)).toEqual(root);
          const path = await inclusionProof(leafIndex, size, readTiles);
          expect(path).toEqual(naivePath(leafIndex, leaves.slice(0, size)));
          const leaf = leaves[leafIndex] ?? EMPTY_ROOT;
          expect(verifyInclusion({ leafIndex, size, leafHash: leaf, path, root })).toBe(true);
          const grownFrom = await consistencyProof(size, count, readTiles);
          expect(grownFrom).toEqual(naiveSubproof(size, leaves, true));
          const claim = { oldSize: size, newSize: count, oldRoot: root, newRoot: tree.root(), path: grownFrom };
          expect(verifyConsistency(claim)).toBe(true);

          const range = new CompactRange();
          for (const each of leaves.slice(0, leafIndex)) range.appendLeaf(each);
          const hashes = await coverHashes({ from: leafIndex, to: size }, readTiles);
          expect(range.appendRange(size, hashes)).toBe(true);
          expect(range.root()).toEqual(root);
          expect(CompactRange.of(size, range.hashes()).root()).toEqual(root);
        },
      ),
      { numRuns: 60 },
    );
  });

  it('are enough to go on from, at any size', async () => {
    const { readTiles, put } = await grown(all.slice(0, 10));
    for (let size = 10; size < all.length; size += 97) {
      const tree = await GrowingTree.open(size, readTiles);
      expect(tree.size).toBe(size);
      put(tree.append(Buffer.concat(all.slice(size, size + 97))));
      expect(tree.root()).toEqual(naiveRoot(all.slice(0, size + 97)));
    }
  });

  it('are read a few at a time: no more than eight for a leaf among ten million', async () => {
    // The places of the tiles depend on the size alone, so that hashes of nothing do.
    const empty = Buffer.alloc(256 * HASH_BYTES);
    let read = 0;
    const readTiles: ReadTiles = async (ids) => {
      read += ids.length;
      return ids.map((id) => ({ ...id, hashes: empty }));
    };
    for (const leafIndex of [0, 1, 4_999_999, 9_999_998, 9_999_999]) {
      read = 0;
      await inclusionProof(leafIndex, 10_000_000, readTiles);
      expect(read).toBeLessThanOrEqual(8);
    }
  });

  it('say so when one is missing or cut', async () => {
    const { stored, readTiles } = await grown(all);
    const cut = stored.get('0/5')?.hashes.subarray(0, HASH_BYTES) ?? Buffer.alloc(0);
    stored.set('0/5', { level: 0, index: 5, hashes: cut });
    await expect(GrowingTree.open(all.length, readTiles)).rejects.toBeInstanceOf(TreeDamaged);
    await expect(inclusionProof(all.length - 1, all.length, readTiles)).rejects.toBeInstanceOf(TreeDamaged);
    stored.delete('0/5');
    await expect(treeRoot(all.length, readTiles)).rejects.toBeInstanceOf(TreeDamaged);
    expect(growingTiles(all.length)).toEqual([
      { level: 0, index: 5 },
      { level: 1, index: 0 },
    ]);
  });

  it('are asked for once while they are remembered', async () => {
    const { asked, readTiles } = await grown(all);
    const remembering = rememberTiles(readTiles, 4);
    await inclusionProof(0, all.length, remembering);
    const before = asked.length;
    await inclusionProof(1, all.length, remembering);
    expect(asked.length).toBe(before);
    await coverHashes({ from: 300, to: 1279 }, remembering);
    expect(asked.length).toBe(before + 1);
    expect(await inclusionProof(0, all.length, remembering)).toEqual(naivePath(0, all));
  });
});

describe('a compact range', () => {
  it('refuses hashes that are not those of the next leaves', () => {
    const [leaf = EMPTY_ROOT] = fakeLeaves(1);
    const range = new CompactRange();
    range.appendLeaf(leaf);
    expect(range.appendRange(0, [])).toBe(false);
    expect(range.appendRange(4, [leaf])).toBe(false);
    expect(range.appendRange(4, [leaf, leaf, leaf])).toBe(false);
    expect(range.appendRange(4, [leaf, leaf.subarray(1)])).toBe(false);
    expect(range.appendRange(2 ** 53, [leaf])).toBe(false);
    expect(() => range.appendSubtree(1, leaf)).toThrow(RangeError);
    expect(range.size).toBe(1);
    expect(range.root()).toEqual(leaf);
    expect(() => CompactRange.of(3, [leaf])).toThrow(RangeError);
  });

  it('covers ranges up to the largest size with few subtrees', () => {
    const cover = coverOf({ from: 1, to: Number.MAX_SAFE_INTEGER });
    expect(cover.length).toBe(104);
    expect(cover.reduce((sum, { level }) => sum + 2 ** level, 0)).toBe(Number.MAX_SAFE_INTEGER - 1);
    expect(coverOf({ from: 5, to: 5 })).toEqual([]);
  });
});

describe('the hash of a record', () => {
  it('is the same from the middle of a buffer, and for a long one', () => {
    for (const length of [0, 1, 65_536, 65_537, 1_000_000]) {
      const record = Buffer.alloc(length, 'record');
      const around = Buffer.concat([Buffer.from('before'), record, Buffer.from('after')]);
      const expected = sha256(Buffer.of(0), record);
      expect(leafHash(record)).toEqual(expected);
      expect(leafHashText(around, 6, 6 + length)).toBe(expected.toString('base64'));
    }
  });
});

function flipped(hash: Buffer): Buffer {
  const other = Buffer.from(hash);
  other[0] = (other[0] ?? 0) ^ 8;
  return other;
}
