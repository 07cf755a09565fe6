import { MAX_BULK_OPERATIONS } from '../bulk/bulk-limits.js';
import { BULK_RESPONSE_SCHEMA, ERROR_SCHEMA, LIST_SCHEMA } from '../protocol/messages.js';
import { MAX_COUNT } from '../protocol/page-request.js';
import { MAX_PATCH_OPERATIONS } from '../protocol/read-patch.js';
import { objectOf, refTo, type SchemaObject, schemasWith, text } from './schema-object.js';

/** A request's member `schemas` may be left out, and holds names in any case. */
const REQUEST_SCHEMAS: SchemaObject = { type: 'array', items: { type: 'string' } };
/** Null, too, is what isn't given. */
const orNull = (schema: SchemaObject): SchemaObject => ({ anyOf: [schema, { type: 'null' }] });
const WHOLE_NUMBER: SchemaObject = { type: 'integer' };
const NAMES: SchemaObject = {
  anyOf: [{ type: 'array', items: { type: 'string' } }, { type: 'string' }, { type: 'null' }],
};

/** RFC 7644 3.4.2. @param resources what it lists */
export function listOf(resources: SchemaObject): SchemaObject {
  return objectOf('A part of a list', ['schemas', 'totalResults', 'startIndex', 'itemsPerPage', 'Resources'], {
    schemas: schemasWith(LIST_SCHEMA),
    totalResults: { type: 'integer', minimum: 0, description: 'How many fit, on this page or not' },
    startIndex: { type: 'integer', minimum: 1, description: 'Of the first of this page, from 1' },
    itemsPerPage: { type: 'integer', minimum: 0, maximum: MAX_COUNT },
    Resources: { type: 'array', items: resources, maxItems: MAX_COUNT },
  });
}

const PATCH_OPERATION = objectOf('RFC 7644 3.5.2', ['op'], {
  op: {
    type: 'string',
    pattern: '^([Aa][Dd][Dd]|[Rr][Ee][Pp][Ll][Aa][Cc][Ee]|[Rr][Ee][Mm][Oo][Vv][Ee])$',
    description: 'add, replace or remove',
  },
  path: orNull(text('An attribute, or elements of one: `emails[type eq "work"].value`')),
  value: {
    description: 'Of the type of the attribute; without a path an object whose members are attributes or paths',
  },
});

const BULK_OPERATION = objectOf('RFC 7644 3.7', ['method', 'path'], {
  method: { type: 'string', description: 'POST, PUT, PATCH or DELETE' },
  path: {
    type: 'string',
    pattern: '^/(Users|Groups)(/[\\w:.-]{1,200})?$',
    description: 'With an id, or `bulkId:` and that of another operation, except for POST',
  },
  bulkId: orNull(text('By which others refer to what POST makes; once in a bulk')),
  version: orNull(text('As in If-Match')),
  data: { description: 'The body that the method takes on the path' },
});

const BULK_OUTCOME = objectOf('What became of an operation', ['method', 'status'], {
  method: { type: 'string', enum: ['POST', 'PUT', 'PATCH', 'DELETE'] },
  bulkId: text('As it was sent'),
  location: { type: 'string', format: 'uri', description: 'Of the resource; absent where nothing was made' },
  version: text('The entity tag after it'),
  status: {
    type: 'string',
    pattern: '^[2-5]\\d\\d$',
    description: 'The HTTP status that the operation alone would have',
  },
  response: refTo('ScimError'),
});

/** RFC 7644 3. */
export const MESSAGE_SCHEMAS = {
  ScimPatch: objectOf('Changes that are made together or not at all', ['Operations'], {
    schemas: REQUEST_SCHEMAS,
    Operations: { type: 'array', items: PATCH_OPERATION, minItems: 1, maxItems: MAX_PATCH_OPERATIONS },
  }),
  ScimSearchRequest: objectOf('A query in a body (RFC 7644 3.4.3); what isn’t named here is ignored', [], {
    schemas: REQUEST_SCHEMAS,
    filter: orNull(text('RFC 7644 3.4.2.2')),
    startIndex: orNull(WHOLE_NUMBER),
    count: orNull(WHOLE_NUMBER),
    attributes: NAMES,
    excludedAttributes: NAMES,
  }),
  ScimBulkRequest: objectOf('Changes one after the other, each with an outcome of its own', ['Operations'], {
    schemas: REQUEST_SCHEMAS,
    failOnErrors: orNull({ type: 'integer', minimum: 1, description: 'After so many errors the rest isn’t tried' }),
    Operations: { type: 'array', items: BULK_OPERATION, maxItems: MAX_BULK_OPERATIONS },
  }),
  ScimBulkResponse: objectOf('The outcomes, in the order of the operations', ['schemas', 'Operations'], {
    schemas: schemasWith(BULK_RESPONSE_SCHEMA),
    Operations: { type: 'array', items: BULK_OUTCOME, maxItems: MAX_BULK_OPERATIONS },
  }),
  ScimError: objectOf('RFC 7644 3.12', ['schemas', 'status'], {
    schemas: schemasWith(ERROR_SCHEMA),
    status: { type: 'string', pattern: '^[45]\\d\\d$', description: 'The HTTP status' },
    scimType: {
      type: 'string',
      // RFC 7644 table 9.
      enum: [
        'invalidFilter',
        'tooMany',
        'uniqueness',
        'mutability',
        'invalidSyntax',
        'invalidPath',
        'noTarget',
        'invalidValue',
      ],
    },
    detail: text('A sentence for people, with the code of docs/contract/error-codes.json and the request id'),
  }),
};
