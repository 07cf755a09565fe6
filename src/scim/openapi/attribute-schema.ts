import { MAX_ELEMENTS, MAX_MEMBERS, MAX_TEXT_LENGTH } from '../protocol/read-value.js';
import type { AttributeDefinition, SchemaDefinition } from '../protocol/resource-schema.js';
import { objectOf, type SchemaObject } from './schema-object.js';

/** `answered`: as this service shows it. `sent`: what it takes, which is more: null for absent, text for a truth. */
export type Direction = 'answered' | 'sent';

/** The attributes of a SCIM schema as members of an object; read-only ones aren't taken and so not there when sent. */
export function attributeMembers(
  attributes: readonly AttributeDefinition[],
  direction: Direction,
): Record<string, SchemaObject> {
  return Object.fromEntries(
    attributes
      .filter(({ mutability }) => direction === 'answered' || mutability !== 'readOnly')
      .map((attribute) => [attribute.name, attributeSchema(attribute, direction)]),
  );
}

/** An extension's members, which lie under its URN. */
export function extensionSchema({ description, attributes }: SchemaDefinition, direction: Direction): SchemaObject {
  return objectOf(description, [], attributeMembers(attributes, direction));
}

function attributeSchema(attribute: AttributeDefinition, direction: Direction): SchemaObject {
  const { description, multiValued, name } = attribute;
  const element = elementSchema(attribute, direction);
  if (direction === 'answered') {
    return multiValued ? { type: 'array', description, items: element } : { description, ...element };
  }
  if (!multiValued) return { description, anyOf: [element, { type: 'null' }] };
  const maxItems = name === 'members' ? MAX_MEMBERS : MAX_ELEMENTS;
  return { description, anyOf: [{ type: 'array', items: element, maxItems }, { type: 'null' }] };
}

function elementSchema({ type, mutability, subAttributes = [] }: AttributeDefinition, direction: Direction) {
  switch (type) {
    case 'complex':
      return complexSchema(subAttributes, direction);
    case 'boolean':
      return direction === 'answered' ? { type: 'boolean' } : TRUTH;
    case 'dateTime':
      return { type: 'string', format: 'date-time' as const };
    case 'reference':
      // What somebody else wrote is kept as it is.
      return mutability === 'readOnly'
        ? { type: 'string', format: 'uri' as const }
        : { type: 'string', maxLength: MAX_TEXT_LENGTH };
    default:
      return mutability === 'readOnly' ? { type: 'string' } : { type: 'string', maxLength: MAX_TEXT_LENGTH };
  }
}

function complexSchema(subAttributes: readonly AttributeDefinition[], direction: Direction) {
  // An answer shows of an element what was asked for; who sends one gives it whole.
  const required = direction === 'sent' ? subAttributes.filter((sub) => sub.required).map(({ name }) => name) : [];
  return {
    type: 'object',
    ...(required.length === 0 ? {} : { required }),
    properties: attributeMembers(subAttributes, direction),
  };
}

const TRUTH: SchemaObject = {
  anyOf: [{ type: 'boolean' }, { type: 'string', pattern: '^([Tt][Rr][Uu][Ee]|[Ff][Aa][Ll][Ss][Ee])$' }],
};
