import { hash } from 'node:crypto';
import { canonicalJson, type JsonObject } from '../../crypto/canonical-json.js';
import type { ResourceTypeDefinition } from '../resource-types/resource-type.types.js';
import type { SnapshotObject } from '../snapshot/snapshot.types.js';
import { text } from './json-members.js';
import { normaliseDate } from './normalise-date.js';
import { normaliseValue, UnreadableObjectError } from './normalise-value.js';
import { pathRulesOf } from './path-patterns.js';

/** Goes up whenever the normal form of an unchanged object changes, so that a new release never reads as drift. */
export const NORMALISER_VERSION = 2;

/** What a list of raw objects came to; an object that can't be read makes its type incomplete and says why. */
export interface NormalisedList {
  objects: SnapshotObject[];
  faults: string[];
}

/**
 * A raw Graph object (or an exporter's copy of one, its member names already Graph's) in its normal form; null when the
 * type says that the object isn't configuration, such as a just-in-time activation.
 *
 * @throws UnreadableObjectError when the object has neither a key nor a name, or nests too deep
 */
export function normaliseObject(definition: ResourceTypeDefinition, raw: JsonObject): SnapshotObject | null {
  const shaped = definition.reshape === undefined ? raw : definition.reshape(raw);
  if (definition.keep !== undefined && !definition.keep(shaped)) return null;
  const displayName = definition.displayName(shaped);
  const key = definition.key(shaped);
  if (key === null && displayName === null) throw new UnreadableObjectError('it has neither an id nor a name');
  const normal = normaliseValue(shaped, [pathRulesOf(definition)]);
  const value = typeof normal === 'object' && normal !== null && !Array.isArray(normal) ? normal : {};
  const { modifiedAtProperty } = definition;
  const modified = modifiedAtProperty === undefined ? null : text(shaped, modifiedAtProperty);
  return {
    resourceType: definition.type,
    key: key ?? `name:${displayName}`,
    ...(key === null ? { keyedBy: 'name' as const } : {}),
    displayName,
    value,
    hash: hashOf(value),
    modifiedAt: modified === null ? null : normaliseDate(modified),
  };
}

/** Every object that can be read, and one sentence for each that can't. */
export function normaliseObjects(definition: ResourceTypeDefinition, raws: Iterable<JsonObject>): NormalisedList {
  const list: NormalisedList = { objects: [], faults: [] };
  for (const raw of raws) {
    try {
      const object = normaliseObject(definition, raw);
      if (object !== null) list.objects.push(object);
    } catch (error) {
      if (!(error instanceof UnreadableObjectError)) throw error;
      list.faults.push(`${definition.title} ${nameForPeople(raw)} can't be read: ${error.message}`);
    }
  }
  return list;
}

/** SHA-256 (hex) of the canonical text: what makes two objects equal. */
export function hashOf(value: JsonObject): string {
  return hash('sha256', canonicalJson(value));
}

function nameForPeople(raw: JsonObject): string {
  const name = text(raw, 'displayName') ?? text(raw, 'id');
  return name === null ? 'without a name' : JSON.stringify(name.slice(0, 80));
}
