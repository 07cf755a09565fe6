import type { JsonObject } from '../../crypto/canonical-json.js';
import { MAX_BULK_OPERATIONS } from '../bulk/bulk-limits.js';
import { MAX_COUNT } from '../protocol/page-request.js';
import type { AttributeDefinition } from '../protocol/resource-schema.js';
import type { ResourceLocation } from '../resource-location.js';
import { GROUP_SCHEMA } from '../schemas/group.schema.js';
import { USER_SCHEMA } from '../schemas/user.schema.js';
import { MAX_PAYLOAD_BYTES } from '../scim-routes.js';

const SCHEMAS = 'urn:ietf:params:scim:schemas:core:2.0';
const RESOURCE_SCHEMAS = [USER_SCHEMA, GROUP_SCHEMA];

/** RFC 7643 5. */
export function serviceProviderConfig(location: string): JsonObject {
  return {
    schemas: [`${SCHEMAS}:ServiceProviderConfig`],
    patch: { supported: true },
    bulk: { supported: true, maxOperations: MAX_BULK_OPERATIONS, maxPayloadSize: MAX_PAYLOAD_BYTES },
    filter: { supported: true, maxResults: MAX_COUNT },
    changePassword: { supported: false },
    sort: { supported: false },
    etag: { supported: true },
    authenticationSchemes: [
      {
        type: 'oauthbearertoken',
        name: 'OAuth bearer token',
        description: 'A SCIM token of a service account, or an access token by its client credentials',
        specUri: 'https://www.rfc-editor.org/info/rfc6750',
        primary: true,
      },
    ],
    meta: { resourceType: 'ServiceProviderConfig', location },
  };
}

/** RFC 7643 6. */
export function resourceTypes(location: ResourceLocation): JsonObject[] {
  return RESOURCE_SCHEMAS.map(({ name, core, extensions }) => ({
    schemas: [`${SCHEMAS}:ResourceType`],
    id: name,
    name,
    endpoint: `/${name}s`,
    description: core.description,
    schema: core.id,
    schemaExtensions: extensions.map(({ id }) => ({ schema: id, required: false })),
    meta: { resourceType: 'ResourceType', location: location.of('ResourceTypes', name) },
  }));
}

/** RFC 7643 7. */
export function schemaResources(location: ResourceLocation): JsonObject[] {
  return RESOURCE_SCHEMAS.flatMap(({ core, extensions }) => [core, ...extensions]).map(
    ({ id, name, description, attributes }) => ({
      schemas: [`${SCHEMAS}:Schema`],
      id,
      name,
      description,
      attributes: attributes.map(attributeResource),
      meta: { resourceType: 'Schema', location: location.of('Schemas', id) },
    }),
  );
}

function attributeResource({ subAttributes, referenceTypes, ...attribute }: AttributeDefinition): JsonObject {
  return {
    ...attribute,
    ...(subAttributes === undefined ? {} : { subAttributes: subAttributes.map(attributeResource) }),
    ...(referenceTypes === undefined ? {} : { referenceTypes: [...referenceTypes] }),
  };
}
