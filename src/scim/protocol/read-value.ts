import type { Json, JsonObject } from '../../crypto/canonical-json.js';
import { scimError } from '../scim.errors.js';
import { asBoolean } from './compare-values.js';
import { isJsonObject, memberOf } from './json-members.js';
import type { AttributeDefinition } from './resource-schema.js';

/** Characters of a text. */
export const MAX_TEXT_LENGTH = 2048;
/** Characters of what resources are found by: an entry of an index holds 2,704 bytes. */
export const MAX_NAME_LENGTH = 512;
const NAMES = new Set(['userName', 'displayName', 'externalId']);
/** Elements of a multi-valued attribute other than members. */
export const MAX_ELEMENTS = 100;
/** Members that one request may name. */
export const MAX_MEMBERS = 10_000;

/**
 * A value as the attribute wants it, in the schema's spelling; what the schema doesn't know is left out, as is null (RFC 7643 2.5).
 *
 * @returns undefined when nothing is left
 * @throws DomainError scim.invalid_value, scim.too_large
 */
export function readValue(attribute: AttributeDefinition, value: Json | undefined): Json | undefined {
  if (value === undefined || value === null) return undefined;
  if (!attribute.multiValued) return readElement(attribute, onlyOne(attribute, value));
  const given = Array.isArray(value) ? value : [value];
  const limit = attribute.name === 'members' ? MAX_MEMBERS : MAX_ELEMENTS;
  if (given.length > limit) {
    throw scimError('scim.too_large', { detail: `${attribute.name} takes ${limit} elements in a request.` });
  }
  const elements = given.flatMap((element) => readElement(attribute, element) ?? []);
  return elements.length === 0 ? undefined : elements;
}

/** Entra may write a single value as a list of one, and a text in it as an object with a value. */
function onlyOne({ type }: AttributeDefinition, value: Json): Json {
  const [only = null, ...more] = Array.isArray(value) ? value : [value];
  if (!Array.isArray(value) || more.length > 0) return value;
  return type !== 'complex' && isJsonObject(only) ? (memberOf(only, 'value') ?? null) : only;
}

/** One element of a multi-valued attribute, or the value of a single one. */
export function readElement(attribute: AttributeDefinition, value: Json): Json | undefined {
  if (value === null) return undefined;
  const { name, type } = attribute;
  switch (type) {
    case 'boolean': {
      const truth = asBoolean(value);
      if (truth === null) throw invalidValue(name, 'must be true or false');
      return truth;
    }
    case 'complex':
      return readComplex(attribute, value);
    default:
      if (typeof value !== 'string') throw invalidValue(name, 'must be text');
      if (value.length > lengthOf(name)) throw invalidValue(name, `has ${lengthOf(name)} characters at most`);
      return value === '' ? undefined : value;
  }
}

function lengthOf(name: string): number {
  return NAMES.has(name) ? MAX_NAME_LENGTH : MAX_TEXT_LENGTH;
}

function readComplex(attribute: AttributeDefinition, value: Json): JsonObject | undefined {
  const { name, subAttributes = [] } = attribute;
  // Entra gives a manager by id alone.
  const given = typeof value === 'string' && hasValue(subAttributes) ? { value } : value;
  if (!isJsonObject(given)) throw invalidValue(name, 'must be an object');
  const read: JsonObject = {};
  for (const sub of subAttributes) {
    if (sub.mutability === 'readOnly') continue;
    const member = readValue(sub, memberOf(given, sub.name));
    if (member !== undefined) read[sub.name] = member;
    else if (sub.required) throw invalidValue(`${name}.${sub.name}`, 'must be given');
  }
  return Object.keys(read).length === 0 ? undefined : read;
}

function hasValue(subAttributes: readonly AttributeDefinition[]): boolean {
  return subAttributes.some(({ name }) => name === 'value');
}

export function invalidValue(name: string, detail: string) {
  return scimError('scim.invalid_value', { detail: `${name} ${detail}.` });
}
