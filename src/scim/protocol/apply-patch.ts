import { canonicalJson, type Json, type JsonObject } from '../../crypto/canonical-json.js';
import { scimError } from '../scim.errors.js';
import { elementsOf, matchesElement } from './evaluate-filter.js';
import type { Filter } from './filter.types.js';
import { entriesOf, isJsonObject, memberOf } from './json-members.js';
import type { PatchOperation, PatchTarget } from './read-patch.js';
import { invalidValue, MAX_ELEMENTS, readElement, readValue } from './read-value.js';
import { type AttributeDefinition, named, type SchemaDefinition } from './resource-schema.js';

/** Paths with a filter in a request: each looks at every element. */
export const MAX_SELECTIONS = 100;

type Operator = PatchOperation['op'];

/**
 * The resource after these operations, in their order; the one that was given stays as it is.
 *
 * @param resource in the schema's spelling
 * @throws DomainError scim.invalid_value, scim.no_target, scim.too_large
 */
export function applyPatch(
  resource: JsonObject,
  operations: readonly PatchOperation[],
  extensions: readonly SchemaDefinition[],
): JsonObject {
  if (operations.filter(({ target }) => target.where !== null).length > MAX_SELECTIONS) {
    throw scimError('scim.too_large', { detail: `A request selects elements ${MAX_SELECTIONS} times at most.` });
  }
  const patched = structuredClone(resource);
  for (const operation of operations) applyOperation(patched, operation, extensions);
  return patched;
}

function applyOperation(
  resource: JsonObject,
  { op, target, value }: PatchOperation,
  extensions: readonly SchemaDefinition[],
): void {
  const { extension, attribute } = target;
  if (extension === null) {
    if (attribute !== null) applyToAttribute(resource, op, { ...target, attribute }, value);
    return;
  }
  const held = resource[extension];
  const holder = isJsonObject(held) ? held : {};
  if (attribute !== null) applyToAttribute(holder, op, { ...target, attribute }, value);
  else if (op === 'remove') for (const name of Object.keys(holder)) delete holder[name];
  else {
    if (!isJsonObject(value)) throw invalidValue(extension, 'must be an object');
    const { attributes } = extensions.find(({ id }) => id === extension) ?? { attributes: [] };
    for (const [name, member] of entriesOf(value)) {
      const known = named(attributes, name);
      if (known === undefined || known.mutability === 'readOnly') continue;
      applyToAttribute(holder, op, { extension, attribute: known, sub: null, where: null }, member);
    }
  }
  if (Object.keys(holder).length > 0) resource[extension] = holder;
  else delete resource[extension];
}

function applyToAttribute(
  holder: JsonObject,
  op: Operator,
  { attribute, sub, where }: PatchTarget & { attribute: AttributeDefinition },
  value: Json | undefined,
): void {
  const { name } = attribute;
  // What becomes null is no longer assigned (RFC 7643 2.5).
  const operator = op !== 'remove' && (value === undefined || value === null) ? 'remove' : op;
  const after = attribute.multiValued
    ? patchedElements(elementsOf(holder[name]), operator, attribute, sub, where, operator === op ? value : undefined)
    : patchedSingle(holder[name], operator, attribute, sub, value);
  const isEmpty = after === undefined || (Array.isArray(after) ? after : Object.keys(Object(after))).length === 0;
  if (after === undefined || (typeof after === 'object' && isEmpty)) delete holder[name];
  else holder[name] = after;
}

function patchedSingle(
  held: Json | undefined,
  op: Operator,
  attribute: AttributeDefinition,
  sub: AttributeDefinition | null,
  value: Json | undefined,
): Json | undefined {
  const members = isJsonObject(held) ? { ...held } : {};
  if (sub !== null) {
    const read = op === 'remove' ? undefined : readValue(sub, value);
    if (read === undefined) delete members[sub.name];
    else members[sub.name] = read;
    return members;
  }
  if (op === 'remove') return undefined;
  const read = readValue(attribute, value);
  // The sub-attributes that are given are set, the others stay (RFC 7644 3.5.2.1, 3.5.2.3).
  return isJsonObject(read) ? { ...members, ...read } : read;
}

function patchedElements(
  held: Json[],
  op: Operator,
  attribute: AttributeDefinition,
  sub: AttributeDefinition | null,
  where: Filter | null,
  value: Json | undefined,
): Json[] {
  const isMeant = (element: Json) => where === null || matchesElement(where, element, attribute);
  if (op === 'remove') {
    if (sub !== null) return held.map((element) => (isMeant(element) ? without(element, sub) : element)).filter(says);
    // Entra names the members to remove in the value.
    const named = value === undefined ? null : elementKeys(attribute, value);
    return held.filter((element) => !isMeant(element) || (named !== null && !named.has(keyOf(element))));
  }
  if (sub !== null) return withSub(held, isMeant, attribute, sub, where, value);
  const read = elementsOf(readValue(attribute, value));
  if (where === null) return op === 'replace' ? limited(read, attribute) : appended(held, read, attribute);
  if (!held.some(isMeant)) throw scimError('scim.no_target', { detail: `No element of ${attribute.name} fits.` });
  const [element] = read;
  if (element === undefined) return held.filter((one) => !isMeant(one));
  return held.map((one) => {
    if (!isMeant(one)) return one;
    return op === 'add' && isJsonObject(one) && isJsonObject(element) ? { ...one, ...element } : element;
  });
}

function withSub(
  held: Json[],
  isMeant: (element: Json) => boolean,
  attribute: AttributeDefinition,
  sub: AttributeDefinition,
  where: Filter | null,
  value: Json | undefined,
): Json[] {
  const read = readValue(sub, value);
  if (read === undefined)
    return held.map((element) => (isMeant(element) ? without(element, sub) : element)).filter(says);
  if (held.some(isMeant)) {
    return held.map((one) => (isMeant(one) && isJsonObject(one) ? { ...one, [sub.name]: read } : one));
  }
  // Entra sets the value of an element that isn't there yet: what it selects it by is what it is to be.
  const element = where === null ? {} : elementSelectedBy(where, attribute);
  if (element === null) throw scimError('scim.no_target', { detail: `No element of ${attribute.name} fits.` });
  return appended(held, [{ ...element, [sub.name]: read }], attribute);
}

/** What `type eq "work" and primary eq true` says of an element; null for anything that leaves a choice. */
function elementSelectedBy(where: Filter, attribute: AttributeDefinition): JsonObject | null {
  if (where.kind === 'and') {
    const parts = where.terms.map((term) => elementSelectedBy(term, attribute));
    return parts.includes(null) ? null : Object.assign({}, ...parts);
  }
  if (where.kind !== 'compare' || where.operator !== 'eq') return null;
  const sub = named(attribute.subAttributes ?? [], where.path.attribute);
  const value = sub === undefined ? undefined : readElement(sub, where.value);
  return sub === undefined || value === undefined ? null : { [sub.name]: value };
}

/** What is there already isn't added again; of several primary ones the newest is (RFC 7644 3.5.2). */
function appended(held: Json[], added: Json[], attribute: AttributeDefinition): Json[] {
  const elements = new Map(held.map((element) => [canonicalJson(element), element]));
  const isPrimary = (element: Json) => isJsonObject(element) && element['primary'] === true;
  for (const element of added) {
    if (isPrimary(element)) {
      for (const [key, one] of elements) {
        if (isJsonObject(one) && isPrimary(one)) elements.set(key, { ...one, primary: false });
      }
    }
    elements.set(canonicalJson(element), element);
  }
  return limited([...elements.values()], attribute);
}

function limited(elements: Json[], { name }: AttributeDefinition): Json[] {
  if (elements.length > MAX_ELEMENTS) {
    throw scimError('scim.too_large', { detail: `${name} has ${MAX_ELEMENTS} elements at most.` });
  }
  return elements;
}

function without(element: Json, sub: AttributeDefinition): Json {
  if (!isJsonObject(element)) return element;
  const { [sub.name]: _gone, ...rest } = element;
  return rest;
}

/** An element that only says of what type it is says nothing. */
function says(element: Json): boolean {
  return !isJsonObject(element) || Object.keys(element).some((name) => !LABELS.has(name));
}
const LABELS = new Set(['type', 'primary', 'display']);

function elementKeys(attribute: AttributeDefinition, value: Json): Set<string> {
  return new Set(elementsOf(readValue(attribute, value)).map(keyOf));
}

function keyOf(element: Json): string {
  const value = isJsonObject(element) ? memberOf(element, 'value') : element;
  return typeof value === 'string' ? value.toLowerCase() : canonicalJson(element);
}
