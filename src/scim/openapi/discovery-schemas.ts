import type { AttributeDefinition } from '../protocol/resource-schema.js';
import { objectOf, refTo, type SchemaObject, schemasWith, text } from './schema-object.js';

const SCHEMAS = 'urn:ietf:params:scim:schemas:core:2.0';

const metaOf = (resourceType: string): SchemaObject =>
  objectOf('About the resource itself', ['resourceType', 'location'], {
    resourceType: { type: 'string', enum: [resourceType] },
    location: { type: 'string', format: 'uri' },
  });
const SUPPORTED = objectOf('Whether it is supported', ['supported'], { supported: { type: 'boolean' } });
const valuesOf = <V extends string>(...values: V[]): SchemaObject => ({ type: 'string', enum: values });

const ATTRIBUTE_MEMBERS: Record<keyof AttributeDefinition, SchemaObject> = {
  name: { type: 'string' },
  type: valuesOf<AttributeDefinition['type']>('string', 'boolean', 'dateTime', 'reference', 'complex'),
  multiValued: { type: 'boolean' },
  description: { type: 'string' },
  required: { type: 'boolean' },
  caseExact: { type: 'boolean' },
  mutability: valuesOf<AttributeDefinition['mutability']>('readOnly', 'readWrite'),
  returned: valuesOf<AttributeDefinition['returned']>('always', 'default'),
  uniqueness: valuesOf<AttributeDefinition['uniqueness']>('none', 'server'),
  subAttributes: { type: 'array', items: refTo('ScimAttribute') },
  referenceTypes: { type: 'array', items: { type: 'string' } },
};
const OPTIONAL = new Set(['subAttributes', 'referenceTypes']);

/** RFC 7643 5 to 7. */
export const DISCOVERY_SCHEMAS = {
  ScimServiceProviderConfig: objectOf(
    'Which parts of SCIM are supported, and how large requests may be',
    ['schemas', 'patch', 'bulk', 'filter', 'changePassword', 'sort', 'etag', 'authenticationSchemes', 'meta'],
    {
      schemas: schemasWith(`${SCHEMAS}:ServiceProviderConfig`),
      patch: SUPPORTED,
      bulk: objectOf('Bulk requests', ['supported', 'maxOperations', 'maxPayloadSize'], {
        supported: { type: 'boolean' },
        maxOperations: { type: 'integer' },
        maxPayloadSize: { type: 'integer', description: 'Bytes' },
      }),
      filter: objectOf('Lists', ['supported', 'maxResults'], {
        supported: { type: 'boolean' },
        maxResults: { type: 'integer' },
      }),
      changePassword: SUPPORTED,
      sort: SUPPORTED,
      etag: SUPPORTED,
      authenticationSchemes: {
        type: 'array',
        items: objectOf('How clients say who they are', ['type', 'name', 'description'], {
          type: { type: 'string', enum: ['oauthbearertoken'] },
          name: { type: 'string' },
          description: { type: 'string' },
          specUri: { type: 'string', format: 'uri' },
          primary: { type: 'boolean' },
        }),
      },
      meta: metaOf('ServiceProviderConfig'),
    },
  ),
  ScimResourceType: objectOf(
    'A type of resource',
    ['schemas', 'id', 'name', 'endpoint', 'description', 'schema', 'schemaExtensions', 'meta'],
    {
      schemas: schemasWith(`${SCHEMAS}:ResourceType`),
      id: { type: 'string' },
      name: { type: 'string' },
      endpoint: text('Below the base address'),
      description: { type: 'string' },
      schema: text('URN of the core schema'),
      schemaExtensions: {
        type: 'array',
        items: objectOf('A schema that adds to it', ['schema', 'required'], {
          schema: { type: 'string' },
          required: { type: 'boolean' },
        }),
      },
      meta: metaOf('ResourceType'),
    },
  ),
  ScimSchema: objectOf('A schema', ['schemas', 'id', 'name', 'description', 'attributes', 'meta'], {
    schemas: schemasWith(`${SCHEMAS}:Schema`),
    id: text('A URN'),
    name: { type: 'string' },
    description: { type: 'string' },
    attributes: { type: 'array', items: refTo('ScimAttribute') },
    meta: metaOf('Schema'),
  }),
  ScimAttribute: objectOf(
    'An attribute (RFC 7643 7)',
    Object.keys(ATTRIBUTE_MEMBERS).filter((name) => !OPTIONAL.has(name)),
    ATTRIBUTE_MEMBERS,
  ),
};
