import { canonicalJson, type Json, type JsonObject } from '../../crypto/canonical-json.js';
import { at, isObject, tokensOf } from '../normalise/json-members.js';
import { normaliseObject } from '../normalise/normalise-object.js';
import { UnreadableObjectError } from '../normalise/normalise-value.js';
import { RESOURCE_TYPE_CATALOGUE } from '../resource-types/catalogue.js';
import { UnexpectedShapeError } from '../resource-types/expected-shape.js';
import type { CollectPlan } from '../resource-types/resource-type.types.js';
import type { AttributableChange } from './attribution.types.js';
import { type DirectoryAuditEvent, decodeAuditValue, type ModifiedProperty } from './directory-audit-event.js';
import { concernOf, fits } from './event-concerns.js';

const GUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;
/** Shorter texts stand in too many values to prove anything. */
const TELLING_LENGTH = 8;

/**
 * Whether an event that concerns the object shows this very change being made: its new values are as the scan found them and
 * its old ones weren't. An event that only left the value as it was proves nothing.
 */
export function proves(change: AttributableChange, event: DirectoryAuditEvent): boolean {
  if (concernOf(change, event) === 'named' && fits(change, event)) return true;
  if (namesMember(change, event) && fits(change, event)) return true;
  return event.properties.some(
    (property) =>
      showsWholeObject(change, property) || showsProperty(change, property) || showsTokens(change, property),
  );
}

/** An owner or member that came or went is itself a target of the event. */
function namesMember(change: AttributableChange, event: DirectoryAuditEvent): boolean {
  const [list, id] = tokensOf(change.path);
  return (list === 'owners' || list === 'members') && id !== undefined && event.targetIds.includes(id.toLowerCase());
}

/** The property holds the object itself, as Conditional Access writes it. */
function showsWholeObject(change: AttributableChange, property: ModifiedProperty): boolean {
  const after = objectIn(change, property.newText);
  const before = objectIn(change, property.oldText);
  if (change.changeType === 'removed') return after === null && before !== null;
  if (after === null) return false;
  if (change.changeType === 'added') return before === null && canonicalJson(after) === canonicalJson(change.after);
  return holds(change, at(after, change.path)) && !(before !== null && holds(change, at(before, change.path)));
}

/** The object of the change in its normal form, if the value holds it. */
function objectIn(change: AttributableChange, encoded: string): JsonObject | null {
  const value = decodeAuditValue(encoded);
  if (!isObject(value)) return null;
  const definition = RESOURCE_TYPE_CATALOGUE[change.resourceType];
  for (const raw of [value, ...inside(definition.collect, value)]) {
    try {
      const object = normaliseObject(definition, raw);
      if (object !== null && object.key === change.resourceKey) return object.value;
    } catch (error) {
      if (!(error instanceof UnreadableObjectError)) throw error;
    }
  }
  return null;
}

/** The objects that stand in another one; none where the value is something else than that one. */
function inside(collect: CollectPlan, value: JsonObject): JsonObject[] {
  if (collect.kind !== 'derived') return [];
  try {
    return collect.expand(value);
  } catch (error) {
    if (error instanceof UnexpectedShapeError) return [];
    throw error;
  }
}

/** The property has the name of the member that changed. */
function showsProperty(change: AttributableChange, property: ModifiedProperty): boolean {
  const member = tokensOf(change.path).at(-1)?.toLowerCase();
  const name = property.name.split('.').at(-1);
  if (change.changeType !== 'modified' || member === undefined || member !== name) return false;
  return holds(change, decodeAuditValue(property.newText)) && !holds(change, decodeAuditValue(property.oldText));
}

/** Whether a value is what the scan found: for a set, with what was added and without what was removed. */
function holds(change: AttributableChange, value: Json | undefined): boolean {
  if (Array.isArray(change.before) || Array.isArray(change.after)) {
    const elements = new Set(
      (Array.isArray(value) ? value : value === undefined || value === null ? [] : [value]).map(foldedText),
    );
    const added = Array.isArray(change.after) ? change.after : [];
    const removed = Array.isArray(change.before) ? change.before : [];
    return added.every((one) => elements.has(foldedText(one))) && !removed.some((one) => elements.has(foldedText(one)));
  }
  return foldedText(value ?? null) === foldedText(change.after);
}

/** The log writes some enumerations with other letters than the API does. */
function foldedText(value: Json): string {
  return canonicalJson(value === '' ? null : value).toLowerCase();
}

/** The property's text contains what came and didn't before, or lost what went: `KeyIdentifier=<keyId>`, addresses, scopes. */
function showsTokens(change: AttributableChange, { oldText, newText }: ModifiedProperty): boolean {
  const { came, went } = tokensOfChange(change);
  if (came.length + went.length === 0) return false;
  const before = oldText.toLowerCase();
  const after = newText.toLowerCase();
  return (
    came.every((token) => after.includes(token) && !before.includes(token)) &&
    went.every((token) => before.includes(token) && !after.includes(token))
  );
}

function tokensOfChange(change: AttributableChange): { came: string[]; went: string[] } {
  const memberId = tokensOf(change.path)
    .find((token) => GUID.test(token))
    ?.toLowerCase();
  if (memberId !== undefined) {
    // A member that was there before and still is has changed inside; its id says nothing about that.
    if (change.before !== null && change.after !== null) return { came: [], went: [] };
    return change.before === null ? { came: [memberId], went: [] } : { came: [], went: [memberId] };
  }
  if (change.resourceType === 'oauth2PermissionGrant' && change.changeType === 'added' && isObject(change.after)) {
    return { came: tellingStrings(change.after['scope'] ?? null), went: [] };
  }
  if (change.changeType !== 'modified') return { came: [], went: [] };
  return { came: tellingStrings(change.after), went: tellingStrings(change.before) };
}

/** Nothing when a part of the value is too short to tell: the rest alone would prove too much. */
function tellingStrings(value: Json): string[] {
  const elements = value === null ? [] : Array.isArray(value) ? value : [value];
  const strings = elements.filter((element) => typeof element === 'string' && element.length >= TELLING_LENGTH);
  return strings.length === elements.length ? strings.map((text) => String(text).toLowerCase()) : [];
}
