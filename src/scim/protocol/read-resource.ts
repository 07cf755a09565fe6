import type { JsonObject } from '../../crypto/canonical-json.js';
import { scimError } from '../scim.errors.js';
import { isJsonObject, memberOf } from './json-members.js';
import { invalidValue, readValue } from './read-value.js';
import { type ResourceSchema, type SchemaDefinition, same } from './resource-schema.js';

/**
 * A resource that somebody sent, in the schema's spelling: what is read-only or unknown is ignored (RFC 7644 3.3), what is of a
 * wrong type is refused.
 *
 * @throws DomainError scim.invalid_syntax, scim.invalid_value
 */
export function readResource(body: unknown, schema: ResourceSchema): JsonObject {
  if (!isJsonObject(body)) throw invalidSyntax('The body must be a JSON object.');
  const schemas = memberOf(body, 'schemas');
  if (schemas !== undefined && !(Array.isArray(schemas) && schemas.some((id) => isId(id, schema.core.id)))) {
    throw invalidSyntax(`schemas must contain ${schema.core.id}.`);
  }
  const resource = readMembers(body, schema.core);
  for (const extension of schema.extensions) {
    const given = memberOf(body, extension.id);
    if (given === undefined || given === null) continue;
    if (!isJsonObject(given)) throw invalidValue(extension.id, 'must be an object');
    const members = readMembers(given, extension);
    if (Object.keys(members).length > 0) resource[extension.id] = members;
  }
  return resource;
}

/** @throws DomainError scim.invalid_value when something is missing that a resource must have */
export function assertComplete(resource: JsonObject, schema: ResourceSchema): void {
  for (const { name, required, mutability } of schema.core.attributes) {
    if (required && mutability !== 'readOnly' && resource[name] === undefined) {
      throw invalidValue(name, 'must be given');
    }
  }
}

export function invalidSyntax(detail: string) {
  return scimError('scim.invalid_syntax', { detail });
}

function readMembers(given: JsonObject, { attributes }: SchemaDefinition): JsonObject {
  const read: JsonObject = {};
  for (const attribute of attributes) {
    if (attribute.mutability === 'readOnly') continue;
    const value = readValue(attribute, memberOf(given, attribute.name));
    if (value !== undefined) read[attribute.name] = value;
  }
  return read;
}

function isId(value: unknown, id: string): boolean {
  return typeof value === 'string' && same(value, id);
}
