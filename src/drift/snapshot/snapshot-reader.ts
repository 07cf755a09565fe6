import { Injectable } from '@nestjs/common';
import type { Json, JsonObject } from '../../crypto/canonical-json.js';
import { canonicalJson } from '../../crypto/canonical-json.js';
import { type Transaction, TransactionRunner } from '../../database/transaction-runner.js';
import { text as textOf } from '../normalise/json-members.js';
import { hashOf, NORMALISER_VERSION } from '../normalise/normalise-object.js';
import { normaliseValue } from '../normalise/normalise-value.js';
import { pathRulesOf } from '../normalise/path-patterns.js';
import { RESOURCE_TYPE_CATALOGUE } from '../resource-types/catalogue.js';
import type { ResourceType } from '../resource-types/resource-type.types.js';
import { type ExportRow, SnapshotRepository, type UnnamedVersionRow, type VersionRow } from './snapshot.repository.js';
import type { SnapshotObject } from './snapshot.types.js';
import { isResourceType } from './snapshot-lines.js';
import { StoredObject } from './stored-object.js';
import type { StoredSnapshot } from './stored-snapshot.js';

const EXPORT_PAGE = 500;

/** What says where in a tenant's past an object is looked for, and in which form it lies there. */
export type SnapshotMoment = Pick<StoredSnapshot, 'tenantId' | 'sequence' | 'normaliserVersion'>;

/** Gives past snapshots back: as the other side of a comparison, and object by object for an export. */
@Injectable()
export class SnapshotReader {
  constructor(
    private readonly transactions: TransactionRunner,
    private readonly repository: SnapshotRepository,
  ) {}

  /** Some objects of a type at a past snapshot, in the present normal form. */
  async objectsByKey(
    tx: Transaction,
    snapshot: SnapshotMoment,
    type: ResourceType,
    keys: readonly string[],
    texts: Map<string, string> = new Map(),
  ): Promise<Map<string, StoredObject>> {
    const { tenantId, sequence } = snapshot;
    const rows = await this.repository.versionsOf(tx, tenantId, type, sequence, keys);
    return this.withContents(tx, snapshot, type, rows, texts);
  }

  /** Objects that lie in the store under their contents only, brought into the present normal form. */
  async objectsOf(
    tx: Transaction,
    moment: SnapshotMoment,
    type: ResourceType,
    held: readonly { key: string; hash: string; keyedByName: boolean }[],
    texts: Map<string, string> = new Map(),
  ): Promise<Map<string, StoredObject>> {
    const unnamed = { id: '', sealedName: null, modifiedAt: null, fingerprint: null };
    const rows = held.map((row) => ({ ...unnamed, ...row }));
    const objects = await this.withContents(tx, moment, type, rows, texts);
    return new Map(Array.from(objects, ([key, object]) => [key, named(object)]));
  }

  /** Which of these objects a type held at a past snapshot. */
  async keysHeld(
    tx: Transaction,
    { tenantId, sequence }: SnapshotMoment,
    type: ResourceType,
    keys: readonly string[],
  ): Promise<Set<string>> {
    const rows = await this.repository.versionsOf(tx, tenantId, type, sequence, keys);
    return new Set(rows.map(({ key }) => key));
  }

  /**
   * All objects of a type at a past snapshot with what they were last read from, in pages in the order of keys.
   *
   * @param texts contents by hash that are there already; those that are read are added
   */
  async *pages(
    tx: Transaction,
    snapshot: SnapshotMoment,
    type: ResourceType,
    texts?: Map<string, string>,
  ): AsyncGenerator<{ object: StoredObject; fingerprint: Buffer | null }[], void, undefined> {
    let after = '';
    for (;;) {
      const { tenantId, sequence } = snapshot;
      const rows = await this.repository.versionsPage(tx, tenantId, type, sequence, after, EXPORT_PAGE);
      const objects = await this.withContents(tx, snapshot, type, rows, texts ?? new Map());
      yield rows.flatMap(({ key, fingerprint }) => {
        const object = objects.get(key);
        return object === undefined ? [] : [{ object, fingerprint }];
      });
      const last = rows.at(-1);
      if (last === undefined || rows.length < EXPORT_PAGE) return;
      after = last.key;
    }
  }

  /** Every object of a snapshot in the order of type and key; memory doesn't grow with their number. */
  async *objects(snapshot: StoredSnapshot): AsyncGenerator<SnapshotObject, void, undefined> {
    let after = { type: '', key: '' };
    for (;;) {
      // A past snapshot doesn't change, so each page may have a moment of its own, and a slow reader holds no connection.
      const from = after;
      const rows = await this.transactions.read((tx) =>
        this.repository.exportPage(tx, snapshot.tenantId, snapshot.sequence, from, EXPORT_PAGE),
      );
      for (const row of rows) if (isResourceType(row.type)) yield objectOf(row.type, row, row.text);
      const last: ExportRow | undefined = rows.at(-1);
      if (last === undefined || rows.length < EXPORT_PAGE) return;
      after = { type: last.type, key: last.key };
    }
  }

  private async withContents(
    tx: Transaction,
    { tenantId, normaliserVersion }: SnapshotMoment,
    type: ResourceType,
    rows: UnnamedVersionRow[],
    texts: Map<string, string>,
  ): Promise<Map<string, StoredObject>> {
    const missing = new Set(rows.map(({ hash }) => hash).filter((hash) => !texts.has(hash)));
    for (const [hash, text] of await this.repository.texts(tx, tenantId, [...missing])) texts.set(hash, text);
    const objects = new Map<string, StoredObject>();
    for (const row of rows) {
      const text = texts.get(row.hash);
      if (text === undefined) throw new Error(`the content of ${type} ${row.key} is missing from the store`);
      const object = objectOf(type, await this.repository.named(tenantId, row), text);
      objects.set(row.key, normaliserVersion === NORMALISER_VERSION ? object : inCurrentForm(object));
    }
    return objects;
  }
}

function objectOf(type: ResourceType, row: VersionRow, text: string): StoredObject {
  const modifiedAt = row.modifiedAt === null ? null : row.modifiedAt.toISOString();
  return new StoredObject(
    type,
    row.key,
    row.keyedByName ? 'name' : undefined,
    row.displayName,
    row.hash,
    modifiedAt,
    text,
  );
}

/** What an object calls itself, where its name isn't kept beside it. */
function named({ resourceType, key, keyedBy, hash, modifiedAt, text, value }: StoredObject): StoredObject {
  return new StoredObject(resourceType, key, keyedBy, textOf(value, 'displayName'), hash, modifiedAt, text);
}

/** An object that an older release normalised, normalised again, so that the new form doesn't read as drift. */
function inCurrentForm(object: StoredObject): StoredObject {
  const rules = [pathRulesOf(RESOURCE_TYPE_CATALOGUE[object.resourceType])];
  const normal: Json | undefined = normaliseValue(object.value, rules);
  const value: JsonObject = typeof normal === 'object' && normal !== null && !Array.isArray(normal) ? normal : {};
  return new StoredObject(
    object.resourceType,
    object.key,
    object.keyedBy,
    object.displayName,
    hashOf(value),
    object.modifiedAt,
    canonicalJson(value),
  );
}
