import type { FastifyRequest } from 'fastify';
import { kernelError } from '../errors/kernel.errors.js';

const JSON_ONLY = ['application/json'];

/** What a route's @RouteConfig may say of its bodies. */
export interface BodyConfig {
  bodyLimit?: number;
  /** JSON only where it says nothing; `own`: the route answers by itself. */
  mediaTypes?: readonly string[] | 'own';
}

/** @throws DomainError request.unsupported_media_type when the route doesn't read what the body is said to be */
export function assertMediaType(request: FastifyRequest): void {
  const { 'content-type': given, 'content-length': length = '0', 'transfer-encoding': encoding } = request.headers;
  // Clients that send the header with every request may; what has no body is of no type.
  if (
    given === undefined ||
    (length === '0' && encoding === undefined) ||
    !request.routeOptions.url?.startsWith('/api/v1/')
  )
    return;
  const [type = ''] = given.split(';');
  const accepted = mediaTypesOf(request);
  if (accepted !== 'own' && !accepted.includes(type.trim().toLowerCase())) throw unsupportedMediaType(request);
}

export function unsupportedMediaType(request: FastifyRequest, cause?: unknown) {
  const accepted = mediaTypesOf(request);
  return kernelError('request.unsupported_media_type', {
    detail: `Send the body as ${(accepted === 'own' ? JSON_ONLY : accepted).join(' or ')}, and say so in Content-Type.`,
    cause,
  });
}

function mediaTypesOf(request: FastifyRequest): readonly string[] | 'own' {
  return (request.routeOptions.config as BodyConfig).mediaTypes ?? JSON_ONLY;
}
