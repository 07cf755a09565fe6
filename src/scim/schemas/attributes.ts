import type { AttributeDefinition } from '../protocol/resource-schema.js';

type Given = Partial<AttributeDefinition>;

/** An attribute with the defaults of RFC 7643 2.2. */
function attribute(name: string, description: string, given: Given): AttributeDefinition {
  return {
    name,
    type: 'string',
    multiValued: false,
    description,
    required: false,
    caseExact: false,
    mutability: 'readWrite',
    returned: 'default',
    uniqueness: 'none',
    ...given,
  };
}

export function text(name: string, description: string, given: Given = {}): AttributeDefinition {
  return attribute(name, description, given);
}

export function complex(
  name: string,
  description: string,
  subAttributes: AttributeDefinition[],
  given: Given = {},
): AttributeDefinition {
  return attribute(name, description, { type: 'complex', subAttributes, ...given });
}

/** A list of values that each may say of what type they are and which is the primary one (RFC 7643 2.4). */
export function labelled(name: string, description: string): AttributeDefinition {
  const subAttributes = [
    text('value', 'The value', { required: true }),
    text('display', 'For people to read'),
    text('type', 'Such as work, home, mobile'),
    attribute('primary', 'Whether it is the preferred one', { type: 'boolean' }),
  ];
  return complex(name, description, subAttributes, { multiValued: true });
}

/** RFC 7643 3.1: what every resource has. */
export const COMMON_ATTRIBUTES: readonly AttributeDefinition[] = [
  text('schemas', 'URNs of the schemas that the resource follows', {
    multiValued: true,
    caseExact: true,
    mutability: 'readOnly',
    returned: 'always',
  }),
  text('id', 'The id here', { caseExact: true, mutability: 'readOnly', returned: 'always', uniqueness: 'server' }),
  text('externalId', 'The id that the client has for it', { caseExact: true }),
  complex(
    'meta',
    'About the resource itself',
    [
      text('resourceType', 'User or Group', { caseExact: true, mutability: 'readOnly' }),
      attribute('created', 'When it was made', { type: 'dateTime', mutability: 'readOnly' }),
      attribute('lastModified', 'When it was last changed', { type: 'dateTime', mutability: 'readOnly' }),
      text('location', 'Its address', { type: 'reference', caseExact: true, mutability: 'readOnly' }),
      text('version', 'Its entity tag', { caseExact: true, mutability: 'readOnly' }),
    ],
    { mutability: 'readOnly' },
  ),
];

export function truth(name: string, description: string): AttributeDefinition {
  return attribute(name, description, { type: 'boolean' });
}
