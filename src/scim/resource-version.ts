import { kernelError } from '../kernel/errors/kernel.errors.js';

/** Weak entity tag (RFC 7644 3.14): two answers of one version may show different attributes. */
export function versionOf(version: number): string {
  return `W/"${version}"`;
}

const TAG = /^(?:W\/)?"(\d{1,9})"$/;

/**
 * The versions of which If-Match demands one, or null when it demands none: SCIM lets clients change without it.
 *
 * @throws DomainError request.precondition_failed for what can't match
 */
export function demandedVersion(ifMatch: string | undefined): ReadonlySet<number> | null {
  if (ifMatch === undefined || ifMatch === '' || ifMatch.trim() === '*') return null;
  const versions = ifMatch.split(',').flatMap((tag) => TAG.exec(tag.trim())?.[1] ?? []);
  if (versions.length === 0) {
    throw kernelError('request.precondition_failed', { detail: 'If-Match takes the version of an answer.' });
  }
  return new Set(versions.map(Number));
}

/** Whether the client has this version already (If-None-Match). */
export function isKnownVersion(ifNoneMatch: string | undefined, version: string): boolean {
  if (ifNoneMatch === undefined) return false;
  const wanted = version.replace(/^W\//, '');
  return ifNoneMatch.split(',').some((tag) => tag.trim() === '*' || tag.trim().replace(/^W\//, '') === wanted);
}
