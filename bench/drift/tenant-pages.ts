import { hash } from 'node:crypto';
import { closeSync, openSync, readSync, writeSync } from 'node:fs';
import type { JsonObject } from '../../src/crypto/canonical-json.js';
import { normaliseObject } from '../../src/drift/normalise/normalise-object.js';
import { RESOURCE_TYPE_CATALOGUE } from '../../src/drift/resource-types/catalogue.js';
import { FINGERPRINT_BYTES } from '../../src/drift/snapshot/fingerprint-table.js';
import type { StoredHead } from '../../src/drift/snapshot/known-heads.js';

export const TYPE = 'oauth2PermissionGrant';
const PAGE_OBJECTS = 999;

/** Object n of the tenant, about 1 KiB of Graph's JSON. */
export function rawObject(n: number, changed: boolean): JsonObject {
  const id = (salt: string) => {
    const hex = hash('md5', `${salt}${n}`);
    return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-4${hex.slice(13, 16)}-8${hex.slice(17, 20)}-${hex.slice(20)}`;
  };
  const scopes = Array.from({ length: 24 }, (_unused, i) => `Area${(n * 7 + i * 13) % 97}.Something${i}.Read.All`);
  return {
    id: `grant-${n}`,
    clientId: id('client'),
    consentType: 'Principal',
    principalId: id('principal'),
    resourceId: id('resource'),
    scope: `${scopes.join(' ')}${changed ? ' Directory.ReadWrite.All' : ''}`,
  };
}

/** Writes the pages of a tenant and the fingerprints of its objects; answers with the mean size of an object. */
export function writePages(pagesFile: string, objects: number, isChanged: (n: number) => boolean): number {
  const pages = openSync(pagesFile, 'w');
  let bytes = 0;
  for (let start = 0; start < objects; start += PAGE_OBJECTS) {
    const value: JsonObject[] = [];
    for (let n = start; n < Math.min(objects, start + PAGE_OBJECTS); n++) value.push(rawObject(n, isChanged(n)));
    const page = Buffer.from(JSON.stringify({ '@odata.context': 'https://graph.microsoft.com/v1.0/$metadata', value }));
    const size = Buffer.alloc(4);
    size.writeUInt32LE(page.length);
    writeSync(pages, size);
    writeSync(pages, page);
    bytes += page.length;
  }
  closeSync(pages);
  return Math.round(bytes / objects);
}

/** The fingerprints of the same tenant with nothing changed, one after the other. */
export function writeFingerprints(file: string, objects: number): void {
  const out = openSync(file, 'w');
  const block = Buffer.alloc(PAGE_OBJECTS * FINGERPRINT_BYTES);
  for (let start = 0; start < objects; start += PAGE_OBJECTS) {
    const count = Math.min(PAGE_OBJECTS, objects - start);
    for (let i = 0; i < count; i++)
      hash('sha256', JSON.stringify(rawObject(start + i, false)), 'buffer').copy(block, i * FINGERPRINT_BYTES);
    writeSync(out, block, 0, count * FINGERPRINT_BYTES);
  }
  closeSync(out);
}

/** The pages, one at a time, as the network would bring them. */
export function* readPages(file: string): Generator<Buffer> {
  const handle = openSync(file, 'r');
  try {
    const size = Buffer.alloc(4);
    while (readSync(handle, size, 0, 4, null) === 4) {
      const page = Buffer.allocUnsafeSlow(size.readUInt32LE());
      readSync(handle, page, 0, page.length, null);
      yield page;
    }
  } finally {
    closeSync(handle);
  }
}

/** What the snapshot says of objects that are asked for by key. */
export function headsOf(keys: readonly string[], keyOf: ReadonlyMap<string, number>): Map<string, StoredHead> {
  const heads = new Map<string, StoredHead>();
  for (const key of keys) {
    const n = keyOf.get(key);
    if (n === undefined) continue;
    const raw = rawObject(n, false);
    const object = normaliseObject(RESOURCE_TYPE_CATALOGUE[TYPE], raw);
    if (object === null) continue;
    heads.set(key, { hash: object.hash, fingerprint: hash('sha256', JSON.stringify(raw), 'buffer') });
  }
  return heads;
}
