import type { ResourceSchema } from '../protocol/resource-schema.js';
import { COMMON_ATTRIBUTES } from '../schemas/attributes.js';
import { GROUP_SCHEMA } from '../schemas/group.schema.js';
import { USER_SCHEMA } from '../schemas/user.schema.js';
import { attributeMembers, extensionSchema } from './attribute-schema.js';
import { objectOf, type SchemaObject } from './schema-object.js';

const ALWAYS = COMMON_ATTRIBUTES.filter(({ returned }) => returned === 'always').map(({ name }) => name);

/** As it is shown: every other attribute may be left out by `attributes` and `excludedAttributes` (RFC 7644 3.9). */
function answered({ core, extensions }: ResourceSchema): SchemaObject {
  const members = attributeMembers(core.attributes, 'answered');
  return objectOf(core.description, ALWAYS, {
    ...members,
    schemas: {
      type: 'array',
      items: { type: 'string', enum: [core.id, ...extensions.map(({ id }) => id)] },
      minItems: 1,
    },
    ...Object.fromEntries(extensions.map((extension) => [extension.id, extensionSchema(extension, 'answered')])),
  });
}

/** As it is taken. What isn't named here is ignored; names are recognised in any case of their letters (RFC 7643 2.1). */
function sent({ core, extensions }: ResourceSchema): SchemaObject {
  const required = core.attributes.filter((attribute) => attribute.required).map(({ name }) => name);
  return objectOf(core.description, required, {
    schemas: {
      type: 'array',
      items: { type: 'string' },
      description: `Contains ${core.id}, when it is given`,
    },
    ...attributeMembers(core.attributes, 'sent'),
    ...Object.fromEntries(extensions.map((extension) => [extension.id, extensionSchema(extension, 'sent')])),
  });
}

/** RFC 7643 4, made from the attributes by which requests are read and that /Schemas shows. */
export const RESOURCE_SCHEMAS = {
  ScimUser: answered(USER_SCHEMA),
  ScimUserToProvision: sent(USER_SCHEMA),
  ScimGroup: answered(GROUP_SCHEMA),
  ScimGroupToProvision: sent(GROUP_SCHEMA),
};
