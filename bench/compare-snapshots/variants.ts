import { hash } from 'node:crypto';
import jsonPatch from 'fast-json-patch';
import { compareSnapshotFiles } from '../../src/drift/import/compare-snapshot-files.js';
import { SnapshotFile } from '../../src/drift/import/snapshot-file.js';
import { readLines } from '../../src/drift/snapshot/read-lines.js';

/** What a variant found: changed objects, or null where it can't tell. */
export type Variant = (before: string, after: string) => number | null;

export const VARIANTS: Readonly<Record<string, Variant>> = {
  'blindspotx drift compare': (before, after) =>
    compareSnapshotFiles(SnapshotFile.open(before), SnapshotFile.open(after)).objects.length,

  'hash the raw lines, nothing else': (before, after) => {
    for (const file of [before, after]) readLines(file, ({ bytes }) => void hash('sha256', bytes, 'binary'));
    return null;
  },

  'parse + fast-json-patch': (before, after) => {
    const was = parsed(before);
    let changed = 0;
    readLines(after, ({ bytes }) => {
      const object = JSON.parse(bytes.toString('utf8'));
      const match = was.get(String(object.key));
      if (match === undefined || jsonPatch.compare(match, object).length > 0) changed += 1;
      return undefined;
    });
    // The header is the same on both sides.
    return changed;
  },
};

function parsed(file: string): Map<string, object> {
  const objects = new Map<string, object>();
  readLines(file, ({ bytes }) => {
    const object = JSON.parse(bytes.toString('utf8'));
    objects.set(String(object.key), object);
    return undefined;
  });
  return objects;
}
