import { applyDecorators } from '@nestjs/common';
import { ApiBody, ApiConsumes, ApiHeader, ApiProduces, ApiQuery, ApiResponse, ApiSecurity } from '@nestjs/swagger';
import { SCIM_JSON } from '../protocol/messages.js';
import { MAX_COUNT } from '../protocol/page-request.js';
import { refTo } from './schema-object.js';
import type { ScimSchemaName } from './scim-schemas.js';

/** Of a controller: what it speaks, and that a SCIM token opens it, or an access token of a service account. */
export const SpeaksScim = () => applyDecorators(ApiProduces(SCIM_JSON), ApiSecurity('scim'), ApiSecurity('bearer'));

/** The body of a request. Plain JSON is read too. */
export const TakesScim = (name: ScimSchemaName) =>
  applyDecorators(ApiConsumes(SCIM_JSON, 'application/json'), ApiBody({ schema: refTo(name) }));

/** One resource, or what is said of many. */
export const AnswersScim = (name: ScimSchemaName, description: string) =>
  ApiResponse({ status: 200, description, schema: refTo(name) });

const VERSION = { ETag: { description: 'The version', schema: { type: 'string' } } };

/** One resource with its version. */
export const AnswersScimResource = (name: ScimSchemaName, description: string) =>
  ApiResponse({ status: 200, description, schema: refTo(name), headers: VERSION });

export const AnswersScimCreated = (name: ScimSchemaName, description: string) =>
  ApiResponse({
    status: 201,
    description,
    schema: refTo(name),
    headers: { ...VERSION, Location: { description: 'Its address', schema: { type: 'string', format: 'uri' } } },
  });

/** Nothing but the version. */
export const AnswersScimChanged = () =>
  ApiResponse({ status: 204, description: 'The change is made', headers: VERSION });

/** Which attributes the answer has (RFC 7644 3.9). */
export const WithProjection = () =>
  applyDecorators(
    ApiQuery({ name: 'attributes', required: false, type: String, description: 'Names with commas: these alone' }),
    ApiQuery({
      name: 'excludedAttributes',
      required: false,
      type: String,
      description: 'Names with commas: not these',
    }),
  );

/** Which part of a list is wanted (RFC 7644 3.4.2). */
export const WithQuery = () =>
  applyDecorators(
    ApiQuery({ name: 'filter', required: false, type: String, description: 'RFC 7644 3.4.2.2' }),
    ApiQuery({ name: 'startIndex', required: false, schema: { type: 'integer', default: 1 } }),
    ApiQuery({
      name: 'count',
      required: false,
      description: `${MAX_COUNT} at most are given`,
      schema: { type: 'integer' },
    }),
    WithProjection(),
  );

/** The answer is 304 when the client has this version. */
export const UnlessKnown = () =>
  applyDecorators(
    ApiHeader({ name: 'If-None-Match', required: false, description: 'Versions that the client has' }),
    ApiResponse({ status: 304, description: 'The client has this version' }),
  );

/** The change is made to this version alone; without it, to whatever is there. */
export const OnlyIfVersion = () =>
  ApiHeader({ name: 'If-Match', required: false, description: 'The version that the change is meant for' });
