import { hash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import jsonPatch from 'fast-json-patch';
import microdiff from 'microdiff';
import type { JsonObject } from '../../src/crypto/canonical-json.js';
import { TypeCollector } from '../../src/drift/collect/type-collector.js';
import { normaliseObject } from '../../src/drift/normalise/normalise-object.js';
import { RESOURCE_TYPE_CATALOGUE } from '../../src/drift/resource-types/catalogue.js';
import { FingerprintTable } from '../../src/drift/snapshot/fingerprint-table.js';
import { NO_HEADS } from '../../src/drift/snapshot/known-heads.js';
import { splitPage } from '../../src/entra/split-page.js';
import { headsOf, rawObject, readPages, TYPE } from './tenant-pages.js';

export interface Files {
  before: string;
  after: string;
  fingerprints: string;
  /** Numbers of the objects that changed. */
  changed: readonly number[];
}

/** What a variant found: changed objects, or null where it can't tell. */
export type Variant = (files: Files) => Promise<number | null>;

export const VARIANTS: Readonly<Record<string, Variant>> = {
  'blindspotx scan': async ({ after, fingerprints, changed }) => {
    const definition = RESOURCE_TYPE_CATALOGUE[TYPE];
    const keys = new Map(changed.map((n) => [normaliseObject(definition, rawObject(n, false))?.key ?? '', n]));
    const collector = new TypeCollector(definition, {
      ...NO_HEADS,
      table: async () => new FingerprintTable(readFileSync(fingerprints)),
      byKey: async (_type, wanted) => headsOf(wanted, keys),
    });
    for (const bytes of readPages(after)) {
      const { elements } = splitPage(bytes);
      await collector.addPage({ bytes, bounds: elements ?? [], path: '' });
    }
    const { changed: found, gone } = await collector.result();
    return found.size + gone.size;
  },

  'split and hash, nothing else': async ({ after }) => splitAndHash(after, 'buffer'),
  'the same, digests as text': async ({ after }) => splitAndHash(after, 'binary'),

  // Their sides lie in the same order and a page at a time, so that they need no memory either.
  'parse + fast-json-patch': (files) => parsedPairs(files, (was, is) => jsonPatch.compare(was, is).length),
  'parse + microdiff': (files) => parsedPairs(files, (was, is) => microdiff(was, is).length),
};

function splitAndHash(after: string, form: 'buffer' | 'binary'): null {
  for (const bytes of readPages(after)) {
    const elements = splitPage(bytes).elements ?? [];
    for (let i = 0; i < elements.length; i += 2) hash('sha256', bytes.subarray(elements[i], elements[i + 1]), form);
  }
  return null;
}

async function parsedPairs(
  { before, after }: Files,
  differences: (was: JsonObject, is: JsonObject) => number,
): Promise<number> {
  let changed = 0;
  const pages = readPages(before);
  for (const bytes of readPages(after)) {
    const was = JSON.parse(String(pages.next().value)).value;
    const is = JSON.parse(bytes.toString('utf8')).value;
    for (let i = 0; i < is.length; i++) if (differences(was[i], is[i]) > 0) changed += 1;
  }
  return changed;
}
