import { DISCOVERY_SCHEMAS } from './discovery-schemas.js';
import { listOf, MESSAGE_SCHEMAS } from './message-schemas.js';
import { RESOURCE_SCHEMAS } from './resource-schemas.js';
import { refTo, type SchemaObject } from './schema-object.js';

/** What SCIM's bodies look like; schemas of the OpenAPI description, by name. */
export const SCIM_SCHEMAS = {
  ...RESOURCE_SCHEMAS,
  ...MESSAGE_SCHEMAS,
  ...DISCOVERY_SCHEMAS,
  ScimUserList: listOf(refTo('ScimUser')),
  ScimGroupList: listOf(refTo('ScimGroup')),
  ScimResourceList: listOf({ anyOf: [refTo('ScimUser'), refTo('ScimGroup')] }),
  ScimSchemaList: listOf(refTo('ScimSchema')),
  ScimResourceTypeList: listOf(refTo('ScimResourceType')),
} satisfies Record<string, SchemaObject>;

export type ScimSchemaName = keyof typeof SCIM_SCHEMAS;
