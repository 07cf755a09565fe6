import type { Json, JsonObject } from '../../crypto/canonical-json.js';
import { isJsonObject, memberOf } from '../protocol/json-members.js';
import { invalidSyntax } from '../protocol/read-resource.js';
import { same } from '../protocol/resource-schema.js';
import { scimError } from '../scim.errors.js';
import { MAX_BULK_OPERATIONS } from './bulk-limits.js';
import { MAX_BULK_ID_LENGTH, referencesIn } from './bulk-references.js';

export interface BulkOperation {
  method: 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  resourceType: 'Users' | 'Groups';
  /** Null for POST; may be `bulkId:` and another operation's. */
  id: string | null;
  bulkId: string | null;
  /** As If-Match has it. */
  version: string | undefined;
  data: Json;
  /** The bulkIds that id and data refer to. */
  references: readonly string[];
}

export interface BulkRequest {
  /** After so many errors the rest isn't tried; null: all is tried. */
  failOnErrors: number | null;
  operations: BulkOperation[];
}

const BULK_SCHEMA = 'urn:ietf:params:scim:api:messages:2.0:BulkRequest';
const PATH = /^\/(Users|Groups)(?:\/([\w:.-]{1,200}))?$/;

/** RFC 7644 3.7. @throws DomainError scim.invalid_syntax, scim.too_large */
export function readBulk(body: unknown): BulkRequest {
  if (!isJsonObject(body)) throw invalidSyntax('The body must be a JSON object.');
  const schemas = memberOf(body, 'schemas');
  if (schemas !== undefined && !(Array.isArray(schemas) && schemas.some(isBulkSchema))) {
    throw invalidSyntax('This is not a BulkRequest message.');
  }
  const given = memberOf(body, 'Operations');
  if (!Array.isArray(given)) throw invalidSyntax('There must be Operations.');
  if (given.length > MAX_BULK_OPERATIONS) {
    throw scimError('scim.too_large', { detail: `A bulk has ${MAX_BULK_OPERATIONS} operations at most.` });
  }
  const failOnErrors = memberOf(body, 'failOnErrors') ?? null;
  if (
    failOnErrors !== null &&
    !(typeof failOnErrors === 'number' && Number.isInteger(failOnErrors) && failOnErrors > 0)
  ) {
    throw invalidSyntax('failOnErrors must be a whole number from 1.');
  }
  const operations = given.map(readOperation);
  const bulkIds = operations.flatMap(({ bulkId }) => bulkId ?? []);
  if (new Set(bulkIds).size < bulkIds.length) throw invalidSyntax('A bulkId is used twice.');
  return { failOnErrors, operations };
}

function readOperation(given: Json): BulkOperation {
  if (!isJsonObject(given)) throw invalidSyntax('An operation must be an object.');
  const method = textOf(given, 'method')?.toUpperCase();
  const [, resourceType, id] = PATH.exec(textOf(given, 'path') ?? '') ?? [];
  const bulkId = textOf(given, 'bulkId') ?? null;
  if (method !== 'POST' && method !== 'PUT' && method !== 'PATCH' && method !== 'DELETE') {
    throw invalidSyntax('method must be POST, PUT, PATCH or DELETE.');
  }
  if (resourceType !== 'Users' && resourceType !== 'Groups')
    throw invalidSyntax('path must begin with /Users or /Groups.');
  if ((method === 'POST') !== (id === undefined)) throw invalidSyntax('A path has an id, except for POST.');
  if (bulkId !== null && (bulkId === '' || bulkId.length > MAX_BULK_ID_LENGTH)) {
    throw invalidSyntax(`A bulkId has 1 to ${MAX_BULK_ID_LENGTH} characters.`);
  }
  if (method === 'POST' && bulkId === null) throw invalidSyntax('POST needs a bulkId.');
  const data = memberOf(given, 'data') ?? null;
  const references = [...new Set([id ?? null, data].flatMap(referencesIn))];
  return { method, resourceType, id: id ?? null, bulkId, version: textOf(given, 'version'), data, references };
}

function isBulkSchema(id: Json): boolean {
  return typeof id === 'string' && same(id, BULK_SCHEMA);
}

function textOf(object: JsonObject, name: string): string | undefined {
  const value = memberOf(object, name);
  if (value === undefined || value === null) return undefined;
  if (typeof value !== 'string') throw invalidSyntax(`${name} must be text.`);
  return value;
}
