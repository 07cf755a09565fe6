import { kernelError } from '../errors/kernel.errors.js';

/** Strong entity tag (RFC 9110 8.8.3) of a resource that counts its versions. */
export function etagOf(version: number): string {
  return `"${version}"`;
}

/**
 * The version that an If-Match header demands.
 *
 * @throws DomainError request.precondition_required when the header is absent, request.precondition_failed when it can't match
 */
export function versionFromIfMatch(header: string | undefined): number {
  if (header === undefined || header === '') throw kernelError('request.precondition_required');
  const version = /^"(\d{1,9})"$/.exec(header.trim())?.[1];
  if (version === undefined)
    throw kernelError('request.precondition_failed', { detail: 'If-Match takes the ETag of one answer.' });
  return Number(version);
}
