import type { ResourceSchema, SchemaDefinition } from '../protocol/resource-schema.js';
import { COMMON_ATTRIBUTES, complex, text } from './attributes.js';

/** RFC 7643 4.2. Groups don't contain groups here. */
const GROUP: SchemaDefinition = {
  id: 'urn:ietf:params:scim:schemas:core:2.0:Group',
  name: 'Group',
  description: 'People who get roles together',
  attributes: [
    ...COMMON_ATTRIBUTES,
    text('displayName', 'The name for people to read', { required: true }),
    complex(
      'members',
      'Users of the tenant',
      [
        text('value', 'The id of the user', { required: true, caseExact: true }),
        text('$ref', 'Their address', { type: 'reference', referenceTypes: ['User'], mutability: 'readOnly' }),
        text('type', 'User', { mutability: 'readOnly' }),
      ],
      { multiValued: true },
    ),
  ],
};

export const GROUP_SCHEMA: ResourceSchema = { name: 'Group', core: GROUP, extensions: [] };
