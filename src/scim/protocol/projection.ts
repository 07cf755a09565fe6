import type { JsonObject } from '../../crypto/canonical-json.js';
import { attributePath } from './attribute-path.js';
import { isJsonObject, memberOf } from './json-members.js';
import { invalidValue } from './read-value.js';
import { type ResolvedAttribute, type ResourceSchema, resolveAttribute } from './resource-schema.js';

/** Characters of `attributes` and of `excludedAttributes`. */
const MAX_LENGTH = 1000;

/** Which attributes an answer has (RFC 7644 3.9). */
export interface Projection {
  /** Null for those that are returned by default. */
  only: readonly ResolvedAttribute[] | null;
  except: readonly ResolvedAttribute[];
}

/** Names that the schema doesn't know are ignored. @throws DomainError scim.invalid_value */
export function readProjection(attributes: unknown, excludedAttributes: unknown, schema: ResourceSchema): Projection {
  const only = namesOf('attributes', attributes);
  const except = namesOf('excludedAttributes', excludedAttributes) ?? [];
  return {
    only: only?.flatMap((name) => resolved(name, schema)) ?? null,
    except: except.flatMap((name) => resolved(name, schema)),
  };
}

/** That of a query, as the address has it. @throws DomainError scim.invalid_value */
export function projectionOf(query: unknown, schema: ResourceSchema): Projection {
  const given = isJsonObject(query) ? query : {};
  return readProjection(memberOf(given, 'attributes'), memberOf(given, 'excludedAttributes'), schema);
}

/** Whether the answer shows an attribute of the core schema at all: what costs much to read is read only then. */
export function shows({ only, except }: Projection, attribute: string): boolean {
  const isWhole = (path: ResolvedAttribute) =>
    path.extension === null && path.attribute?.name === attribute && path.sub === null;
  if (except.some(isWhole)) return false;
  return only === null || only.some(({ extension, attribute: one }) => extension === null && one?.name === attribute);
}

export function project(resource: JsonObject, projection: Projection, schema: ResourceSchema): JsonObject {
  const { only, except } = projection;
  const always = schema.core.attributes.filter(({ returned }) => returned === 'always').map(({ name }) => name);
  const shown: JsonObject = {};
  if (only === null) Object.assign(shown, structuredClone(resource));
  else {
    for (const name of always) if (resource[name] !== undefined) shown[name] = resource[name];
    for (const path of only) copy(resource, shown, path);
  }
  for (const path of except) {
    if (path.extension === null && path.attribute?.returned === 'always') continue;
    drop(shown, path);
  }
  return shown;
}

function copy(from: JsonObject, to: JsonObject, { extension, attribute, sub }: ResolvedAttribute): void {
  if (extension !== null && attribute === null) {
    if (from[extension] !== undefined) to[extension] = from[extension];
    return;
  }
  const [source, name] = [extension === null ? from : from[extension], attribute?.name ?? ''];
  if (!isJsonObject(source) || source[name] === undefined) return;
  const existing = extension === null ? to : to[extension];
  const target = isJsonObject(existing) ? existing : {};
  if (extension !== null) to[extension] = target;
  const value = source[name];
  if (sub === null) target[name] = value;
  else if (isJsonObject(value)) {
    const held = isJsonObject(target[name]) ? target[name] : {};
    if (value[sub.name] !== undefined) target[name] = { ...held, [sub.name]: value[sub.name] ?? null };
  } else if (Array.isArray(value)) {
    target[name] = value.map((element, index) => {
      const shown = Array.isArray(target[name]) ? target[name][index] : undefined;
      const member = isJsonObject(element) ? element[sub.name] : undefined;
      return { ...(isJsonObject(shown) ? shown : {}), ...(member === undefined ? {} : { [sub.name]: member }) };
    });
  }
}

function drop(resource: JsonObject, { extension, attribute, sub }: ResolvedAttribute): void {
  if (extension !== null && attribute === null) {
    delete resource[extension];
    return;
  }
  const [holder, name] = [extension === null ? resource : resource[extension], attribute?.name ?? ''];
  if (!isJsonObject(holder)) return;
  if (sub === null) {
    delete holder[name];
    return;
  }
  const value = holder[name];
  for (const one of Array.isArray(value) ? value : [value]) if (isJsonObject(one)) delete one[sub.name];
}

function resolved(name: string, schema: ResourceSchema): ResolvedAttribute[] {
  const path = attributePath(name);
  const found = path === null ? null : resolveAttribute(schema, path);
  return found === null ? [] : [found];
}

/** A list of names, or text with commas between them, as a query has it. */
function namesOf(parameter: string, value: unknown): string[] | null {
  if (value === undefined || value === null || value === '') return null;
  const text = Array.isArray(value) ? value.join(',') : value;
  if (typeof text !== 'string' || text.length > MAX_LENGTH) {
    throw invalidValue(parameter, `must be names with commas between them, ${MAX_LENGTH} characters at most`);
  }
  return text
    .split(',')
    .map((name) => name.trim())
    .filter((name) => name !== '');
}
