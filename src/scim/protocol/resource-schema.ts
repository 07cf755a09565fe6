/** RFC 7643 7: an attribute as /Schemas shows it, and by which requests are read. */
export interface AttributeDefinition {
  name: string;
  type: 'string' | 'boolean' | 'dateTime' | 'reference' | 'complex';
  multiValued: boolean;
  description: string;
  required: boolean;
  caseExact: boolean;
  mutability: 'readOnly' | 'readWrite';
  returned: 'always' | 'default';
  uniqueness: 'none' | 'server';
  /** Of a complex attribute. */
  subAttributes?: readonly AttributeDefinition[];
  referenceTypes?: readonly string[];
}

export interface SchemaDefinition {
  /** A URN. */
  id: string;
  name: string;
  description: string;
  attributes: readonly AttributeDefinition[];
}

/** What a resource may consist of: a core schema, whose attributes stand by themselves, and extensions under their URN. */
export interface ResourceSchema {
  name: 'User' | 'Group';
  core: SchemaDefinition;
  extensions: readonly SchemaDefinition[];
}

/** An attribute's name as somebody wrote it. */
export interface AttributePath {
  /** Null when none was written. */
  urn: string | null;
  attribute: string;
  sub: string | null;
}

/** What an attribute's name means in a schema. */
export interface ResolvedAttribute {
  /** URN of the extension that it belongs to; null for the core schema. */
  extension: string | null;
  /** Null when the extension as a whole is meant. */
  attribute: AttributeDefinition | null;
  sub: AttributeDefinition | null;
}

/** Names and URNs are compared without regard to case (RFC 7643 2.1); null for what the schema doesn't know. */
export function resolveAttribute(schema: ResourceSchema, path: AttributePath): ResolvedAttribute | null {
  const extension = schema.extensions.find(({ id }) => same(id, path.urn ?? ''));
  if (path.urn !== null && extension === undefined && !same(path.urn, schema.core.id)) {
    // "urn:...:2.0:User" alone reads like the attribute User of "urn:...:2.0".
    const whole = schema.extensions.find(({ id }) => same(id, `${path.urn}:${path.attribute}`));
    return whole === undefined || path.sub !== null ? null : { extension: whole.id, attribute: null, sub: null };
  }
  const attribute = named((extension ?? schema.core).attributes, path.attribute);
  if (attribute === undefined) return null;
  if (path.sub === null) return { extension: extension?.id ?? null, attribute, sub: null };
  const sub = named(attribute.subAttributes ?? [], path.sub);
  return sub === undefined ? null : { extension: extension?.id ?? null, attribute, sub };
}

export function named(attributes: readonly AttributeDefinition[], name: string): AttributeDefinition | undefined {
  return attributes.find((attribute) => same(attribute.name, name));
}

export function same(a: string, b: string): boolean {
  return a.toLowerCase() === b.toLowerCase();
}
