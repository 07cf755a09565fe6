import type { OpenAPIObject } from '@nestjs/swagger';

/** A schema of the OpenAPI description, or a reference to one. */
export type SchemaObject = NonNullable<NonNullable<OpenAPIObject['components']>['schemas']>[string];

/** @param name a key of SCIM_SCHEMAS */
export function refTo(name: string): SchemaObject {
  return { $ref: `#/components/schemas/${name}` };
}

/** An object with these members; the required ones are named. */
export function objectOf(
  description: string,
  required: readonly string[],
  properties: Record<string, SchemaObject>,
): SchemaObject {
  return { type: 'object', description, ...(required.length === 0 ? {} : { required: [...required] }), properties };
}

export function text(description: string): SchemaObject {
  return { type: 'string', description };
}

/** The member `schemas` of a message or resource that has this one. */
export function schemasWith(urn: string): SchemaObject {
  return { type: 'array', items: { type: 'string', enum: [urn] }, minItems: 1, maxItems: 1 };
}
