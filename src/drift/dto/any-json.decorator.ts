import { ApiProperty } from '@nestjs/swagger';

/** A member that may be any value of JSON: TypeScript's `unknown` alone would be described as an object. */
export const AnyJson = (): PropertyDecorator =>
  ApiProperty({
    oneOf: [
      { type: 'string' },
      { type: 'number' },
      { type: 'boolean' },
      { type: 'array', items: {} },
      { type: 'object', additionalProperties: true },
      { type: 'null' },
    ],
  });
