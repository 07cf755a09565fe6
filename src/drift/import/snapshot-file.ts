import { closeSync, openSync, readSync } from 'node:fs';
import type { Json } from '../../crypto/canonical-json.js';
import type { SnapshotLookup } from '../classify/evaluation-context.js';
import { isObject } from '../normalise/json-members.js';
import { hashOf, NORMALISER_VERSION } from '../normalise/normalise-object.js';
import { normaliseValue } from '../normalise/normalise-value.js';
import { pathRulesOf } from '../normalise/path-patterns.js';
import { RESOURCE_TYPE_CATALOGUE } from '../resource-types/catalogue.js';
import type { ResourceType } from '../resource-types/resource-type.types.js';
import { LineTooLongError, type RawLine, readLines } from '../snapshot/read-lines.js';
import type { SnapshotObject, TenantSnapshot } from '../snapshot/snapshot.types.js';
import {
  parseHeader,
  parseObject,
  SNAPSHOT_FORMAT,
  type SnapshotHeader,
  type UnhashedObject,
} from '../snapshot/snapshot-lines.js';
import { ExportError } from './export-error.js';
import { parseJson, whyUnreadable } from './read-json-file.js';

/** Our own export, read line by line: holds the header and whatever was asked for, never the file. */
export class SnapshotFile {
  private readonly loaded = new Map<ResourceType, SnapshotObject[]>();
  private readonly byKey = new Map<ResourceType, Map<string, SnapshotObject>>();

  private constructor(
    readonly path: string,
    readonly header: SnapshotHeader,
  ) {}

  /** @throws ExportError when the first line isn't a header that this release reads */
  static open(path: string): SnapshotFile {
    let header: SnapshotHeader | null = null;
    guarded(path, () =>
      readLines(path, (line) => {
        header = locate(path, line.number, () => parseHeader(parseLine(path, line)));
        return false;
      }),
    );
    if (header === null) throw new ExportError(path, 'it is empty');
    return new SnapshotFile(path, header);
  }

  /** Whether a file starts like one of ours; looks at the first bytes only. */
  static looksLikeOne(path: string): boolean {
    const handle = openSync(path, 'r');
    try {
      const bytes = Buffer.alloc(256);
      const start = bytes.subarray(0, readSync(handle, bytes, 0, bytes.length, 0)).toString('utf8');
      return start
        .replace(/^\ufeff/, '')
        .trimStart()
        .startsWith(`{"format":"${SNAPSHOT_FORMAT}"`);
    } finally {
      closeSync(handle);
    }
  }

  /** Every object line, unparsed. @throws ExportError */
  objectLines(visit: (line: RawLine) => void): void {
    guarded(this.path, () =>
      readLines(this.path, (line) => {
        if (line.number > 1) visit(line);
        return undefined;
      }),
    );
  }

  /** @throws ExportError; null for a type that only newer releases know */
  parse(line: RawLine): SnapshotObject | null {
    const object = this.parseUnhashed(line);
    return object === null ? null : withHash(object);
  }

  /** The same for whoever may not need the hash, which costs as much as the parsing. */
  parseUnhashed(line: RawLine): UnhashedObject | null {
    const object = locate(this.path, line.number, () => parseObject(parseLine(this.path, line)));
    return object === null || this.header.normaliserVersion === NORMALISER_VERSION ? object : renormalised(object);
  }

  /** The lines at these offsets, parsed, in the order of the file. */
  parseAt(offsets: ReadonlySet<number>): SnapshotObject[] {
    const objects: SnapshotObject[] = [];
    if (offsets.size === 0) return objects;
    this.objectLines((line) => {
      if (!offsets.has(line.offset)) return;
      const object = this.parse(line);
      if (object !== null) objects.push(object);
    });
    return objects;
  }

  /** All objects of a type; reads the file once per type asked for. */
  objects(type: ResourceType): readonly SnapshotObject[] {
    let found = this.loaded.get(type);
    if (found === undefined) {
      const list: SnapshotObject[] = [];
      this.objectLines((line) => {
        const quick = typeOfLine(line.bytes);
        if (quick !== null && quick !== type) return;
        const object = this.parse(line);
        if (object?.resourceType === type) list.push(object);
      });
      this.loaded.set(type, list);
      found = list;
    }
    return found;
  }

  /** Reads all objects of several types in one pass, for whoever will ask for each of them. */
  load(types: ReadonlySet<ResourceType>): void {
    const wanted = new Map([...types].filter((type) => !this.loaded.has(type)).map((type) => [type, listOf()]));
    this.objectLines((line) => {
      const quick = typeOfLine(line.bytes);
      if (quick !== null && !(wanted as ReadonlyMap<string, unknown>).has(quick)) return;
      const object = this.parse(line);
      if (object !== null) wanted.get(object.resourceType)?.push(object);
    });
    for (const [type, objects] of wanted) this.loaded.set(type, objects);
  }

  /** The same look-ups, bound to this file. */
  lookup(): SnapshotLookup {
    return { objects: (type) => this.objects(type), find: (type, key) => this.find(type, key) };
  }

  find(type: ResourceType, key: string): SnapshotObject | undefined {
    let index = this.byKey.get(type);
    if (index === undefined) {
      index = new Map(this.objects(type).map((object) => [object.key, object]));
      this.byKey.set(type, index);
    }
    return index.get(key);
  }

  /** A snapshot of these objects under this file's header. */
  snapshotOf(objects: SnapshotObject[]): TenantSnapshot {
    const { tenantId, takenAt, types } = this.header;
    const snapshot: TenantSnapshot = { source: 'blindspotx', tenantId, takenAt, types: new Map() };
    for (const [type, header] of types) snapshot.types.set(type, { resourceType: type, ...header, objects: [] });
    for (const object of objects) snapshot.types.get(object.resourceType)?.objects.push(object);
    return snapshot;
  }

  /** The whole file in memory. */
  read(): TenantSnapshot {
    const objects: SnapshotObject[] = [];
    this.objectLines((line) => {
      const object = this.parse(line);
      if (object !== null) objects.push(object);
    });
    return this.snapshotOf(objects);
  }
}

function listOf(): SnapshotObject[] {
  return [];
}

const TYPE_START = '{"type":"';

/** The type that a line of ours starts with; null when it starts otherwise and has to be parsed to know. */
function typeOfLine(bytes: Buffer): string | null {
  const start = bytes.toString('latin1', 0, 64);
  if (!start.startsWith(TYPE_START)) return null;
  const end = start.indexOf('"', TYPE_START.length);
  return end < 0 ? null : start.slice(TYPE_START.length, end);
}

function renormalised(object: UnhashedObject): UnhashedObject {
  const normal = normaliseValue(object.value, [pathRulesOf(RESOURCE_TYPE_CATALOGUE[object.resourceType])]);
  return { ...object, value: isObject(normal) ? normal : {} };
}

export function withHash(object: UnhashedObject): SnapshotObject {
  return { ...object, hash: hashOf(object.value) };
}

function parseLine(path: string, line: RawLine): Json {
  return parseJson(path, line.bytes.toString('utf8'), line.number);
}

function locate<T>(path: string, line: number, run: () => T): T {
  try {
    return run();
  } catch (error) {
    if (error instanceof ExportError) throw error;
    throw new ExportError(path, error instanceof Error ? error.message : String(error), `line ${line}`);
  }
}

function guarded(path: string, run: () => void): void {
  try {
    run();
  } catch (error) {
    if (error instanceof ExportError) throw error;
    if (error instanceof LineTooLongError) throw new ExportError(path, error.message, `line ${error.line}`);
    throw new ExportError(path, whyUnreadable(error));
  }
}
