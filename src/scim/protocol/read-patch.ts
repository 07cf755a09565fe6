import type { Json, JsonObject } from '../../crypto/canonical-json.js';
import { scimError } from '../scim.errors.js';
import { attributePath } from './attribute-path.js';
import type { Filter } from './filter.types.js';
import { filterTokens } from './filter-tokens.js';
import { entriesOf, isJsonObject, memberOf } from './json-members.js';
import { FilterParser } from './parse-filter.js';
import { invalidSyntax } from './read-resource.js';
import { type ResolvedAttribute, type ResourceSchema, resolveAttribute } from './resource-schema.js';

/** Operations of a PATCH. */
export const MAX_PATCH_OPERATIONS = 1000;

const PATCH_SCHEMA = 'urn:ietf:params:scim:api:messages:2.0:patchop';

export interface PatchTarget extends ResolvedAttribute {
  /** Which elements of a multi-valued attribute; null for all. */
  where: Filter | null;
}

export interface PatchOperation {
  op: 'add' | 'replace' | 'remove';
  target: PatchTarget;
  /** Not checked yet. */
  value: Json | undefined;
}

/**
 * The operations of a PATCH (RFC 7644 3.5.2), each with one target: what comes without a path is one operation for each of its
 * members, whose names may be paths, as Entra writes them. Members that the schema doesn't know or that are read-only are ignored
 * there; a path to them is refused.
 *
 * @throws DomainError scim.invalid_syntax, scim.invalid_path, scim.invalid_filter, scim.mutability, scim.no_target,
 *   scim.too_large
 */
export function readPatch(body: unknown, schema: ResourceSchema): PatchOperation[] {
  if (!isJsonObject(body)) throw invalidSyntax('The body must be a JSON object.');
  const schemas = memberOf(body, 'schemas');
  if (schemas !== undefined && !isPatchSchemas(schemas)) throw invalidSyntax('This is not a PatchOp message.');
  const operations = memberOf(body, 'Operations');
  if (!Array.isArray(operations) || operations.length === 0) throw invalidSyntax('There must be Operations.');
  if (operations.length > MAX_PATCH_OPERATIONS) {
    throw scimError('scim.too_large', { detail: `A PATCH has ${MAX_PATCH_OPERATIONS} operations at most.` });
  }
  return operations.flatMap((operation) => readOperation(operation, schema));
}

function readOperation(given: Json, schema: ResourceSchema): PatchOperation[] {
  if (!isJsonObject(given)) throw invalidSyntax('An operation must be an object.');
  const op = operatorOf(memberOf(given, 'op'));
  const path = memberOf(given, 'path');
  const value = memberOf(given, 'value');
  if (op !== 'remove' && value === undefined) throw invalidSyntax(`To ${op} needs a value.`);
  if (path !== undefined && path !== null) {
    if (typeof path !== 'string') throw invalidPath('A path must be text.');
    const target = patchTarget(path, schema);
    if (target === null) throw invalidPath('The path names nothing that there is.');
    if (isReadOnly(target)) throw scimError('scim.mutability', { detail: `${path} is read-only.` });
    return [{ op, target, value }];
  }
  if (op === 'remove') throw scimError('scim.no_target', { detail: 'To remove needs a path.' });
  if (!isJsonObject(value)) throw invalidSyntax('Without a path the value must be an object.');
  return membersOf(value, op, schema);
}

function membersOf(value: JsonObject, op: PatchOperation['op'], schema: ResourceSchema): PatchOperation[] {
  return entriesOf(value).flatMap(([name, member]) => {
    const target = patchTarget(name, schema);
    return target === null || isReadOnly(target) ? [] : [{ op, target, value: member }];
  });
}

function operatorOf(value: Json | undefined): PatchOperation['op'] {
  const op = typeof value === 'string' ? value.toLowerCase() : '';
  if (op === 'add' || op === 'replace' || op === 'remove') return op;
  throw invalidSyntax('op must be add, replace or remove.');
}

/** Null for an attribute that the schema doesn't know. */
function patchTarget(path: string, schema: ResourceSchema): PatchTarget | null {
  if (!path.includes('[')) {
    const plain = attributePath(path);
    const resolved = plain === null ? null : resolveAttribute(schema, plain);
    return resolved === null ? null : { ...resolved, where: null };
  }
  const parser = new FilterParser(filterTokens(path));
  const { path: attribute, where, sub } = parser.elementsTarget();
  const resolved = resolveAttribute(schema, { ...attribute, sub: attribute.sub ?? sub });
  if (resolved === null) return null;
  if (resolved.attribute?.multiValued !== true || attribute.sub !== null) {
    throw invalidPath('Only elements of a multi-valued attribute can be selected.');
  }
  return { ...resolved, where };
}

function isReadOnly({ attribute, sub }: PatchTarget): boolean {
  return attribute?.mutability === 'readOnly' || sub?.mutability === 'readOnly';
}

function isPatchSchemas(schemas: Json): boolean {
  return Array.isArray(schemas) && schemas.some((id) => typeof id === 'string' && id.toLowerCase() === PATCH_SCHEMA);
}

function invalidPath(detail: string) {
  return scimError('scim.invalid_path', { detail });
}
