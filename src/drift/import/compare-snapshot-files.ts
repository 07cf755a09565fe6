import { hash } from 'node:crypto';
import { diffSnapshots } from '../diff/diff-snapshots.js';
import type { SnapshotDrift } from '../diff/drift.types.js';
import { RESOURCE_TYPES } from '../resource-types/resource-type.types.js';
import { namedBy } from '../snapshot/referenced-ids.js';
import type { SnapshotObject } from '../snapshot/snapshot.types.js';
import { objectLine } from '../snapshot/snapshot-lines.js';
import { type SnapshotFile, withHash } from './snapshot-file.js';

/**
 * What changed between two of our own exports without parsing what didn't: a line whose bytes are on the other side too is
 * the same object, so only the rest is parsed and compared in normal form. SHA-256, because whoever can write a display name
 * could make two lines collide under anything weaker. Memory: about 100 bytes a line of `before` and what differs.
 *
 * @throws ExportError
 */
export function compareSnapshotFiles(before: SnapshotFile, after: SnapshotFile): SnapshotDrift {
  const unmatched = new LineIndex();
  before.objectLines(({ bytes, offset }) => unmatched.add(digest(bytes), offset));
  const changed: SnapshotObject[] = [];
  after.objectLines((line) => {
    if (unmatched.remove(digest(line.bytes))) return;
    const object = after.parseUnhashed(line);
    // A line with its members in another order is written as we write it; mostly that is a line of the other side.
    if (object !== null && !unmatched.remove(digest(objectLine(object)))) changed.push(withHash(object));
  });
  const was = before.snapshotOf(before.parseAt(unmatched.offsets()));
  return diffSnapshots(was, after.snapshotOf(changed), () => namedBy(allObjects(after)));
}

function* allObjects(file: SnapshotFile): Generator<SnapshotObject> {
  for (const type of RESOURCE_TYPES) if (file.header.types.has(type)) yield* file.objects(type);
}

function digest(line: Buffer | string): string {
  return hash('sha256', line, 'binary');
}

/** Where each line is, by its digest; equal lines are counted, not merged. */
class LineIndex {
  private readonly first = new Map<string, number>();
  private readonly more = new Map<string, number[]>();

  add(key: string, offset: number): void {
    if (!this.first.has(key)) {
      this.first.set(key, offset);
      return;
    }
    const rest = this.more.get(key);
    if (rest === undefined) this.more.set(key, [offset]);
    else rest.push(offset);
  }

  remove(key: string): boolean {
    const rest = this.more.get(key);
    if (rest !== undefined && rest.length > 0) {
      rest.pop();
      return true;
    }
    return this.first.delete(key);
  }

  offsets(): Set<number> {
    const all = new Set(this.first.values());
    for (const rest of this.more.values()) for (const offset of rest) all.add(offset);
    return all;
  }
}
