import { kernelError } from '../kernel/errors/kernel.errors.js';

/** Weak entity tag (RFC 7644 3.14): two answers of one version may show different attributes. */
export function versionOf(version: number): string {
  return `W/"${version}"`;
}

const TAG = /^(?:W\/)?"(\d{1,9})"$/;

/**
 * The version that If-Match demands, or null when it demands none: SCIM lets clients change without it.
 *
 * @throws DomainError request.precondition_failed for what can't match
 */
export function demandedVersion(ifMatch: string | undefined): number | null {
  if (ifMatch === undefined || ifMatch === '' || ifMatch.trim() === '*') return null;
  const version = TAG.exec(ifMatch.trim())?.[1];
  if (version === undefined) {
    throw kernelError('request.precondition_failed', { detail: 'If-Match takes the version of one answer.' });
  }
  return Number(version);
}

/** Whether the client has this version already (If-None-Match). */
export function isKnownVersion(ifNoneMatch: string | undefined, version: string): boolean {
  if (ifNoneMatch === undefined) return false;
  const wanted = version.replace(/^W\//, '');
  return ifNoneMatch.split(',').some((tag) => tag.trim() === '*' || tag.trim().replace(/^W\//, '') === wanted);
}
