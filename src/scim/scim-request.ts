import type { FastifyReply, FastifyRequest } from 'fastify';
import type { JsonObject } from '../crypto/canonical-json.js';
import { SCIM_MEDIA_TYPE } from './protocol/messages.js';
import type { ShownResource } from './shown-resource.js';

/** Requests are read as SCIM and not as DTOs: their rules are RFC 7644's and not this API's. */
export type ScimRequest = FastifyRequest;

export function answerWith(reply: FastifyReply, body: JsonObject): JsonObject {
  reply.header('Content-Type', SCIM_MEDIA_TYPE).header('Cache-Control', 'no-store');
  return body;
}

export function answerShown(reply: FastifyReply, { resource, version }: ShownResource): JsonObject {
  reply.header('ETag', version);
  return answerWith(reply, resource);
}

/** 201 with the address of what was made. */
export function answerCreated(reply: FastifyReply, made: ShownResource): JsonObject {
  reply.header('Location', made.location);
  return answerShown(reply, made);
}

export function ifMatchOf({ headers }: ScimRequest): string | undefined {
  return headers['if-match'];
}
