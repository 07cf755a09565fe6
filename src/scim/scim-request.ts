import type { FastifyReply, FastifyRequest } from 'fastify';
import type { JsonObject } from '../crypto/canonical-json.js';
import { isJsonObject } from './protocol/json-members.js';
import { SCIM_MEDIA_TYPE } from './protocol/messages.js';

/** Requests are read as SCIM and not as DTOs: their rules are RFC 7644's and not this API's. */
export type ScimRequest = FastifyRequest;

export function answerWith(reply: FastifyReply, body: JsonObject): JsonObject {
  reply.header('Content-Type', SCIM_MEDIA_TYPE).header('Cache-Control', 'no-store');
  const { meta } = body;
  if (isJsonObject(meta) && typeof meta['version'] === 'string') reply.header('ETag', meta['version']);
  return body;
}

/** 201 with the address of what was made. */
export function answerCreated(reply: FastifyReply, body: JsonObject): JsonObject {
  const { meta } = body;
  if (isJsonObject(meta) && typeof meta['location'] === 'string') reply.header('Location', meta['location']);
  return answerWith(reply, body);
}

export function ifMatchOf({ headers }: ScimRequest): string | undefined {
  return headers['if-match'];
}
