import { hash } from 'node:crypto';

/**
 * The id that changes of one act share: those that one audit correlation explains, else those of one object in one report.
 * Made from its content (UUIDv8, RFC 9562 5.8), so that it needs no look-up.
 */
export function changeSetIdOf(
  tenantId: string,
  act: { correlationId: string } | { report: number; resourceType: string; resourceKey: string },
): string {
  const digest = hash('sha256', JSON.stringify([tenantId, act]));
  const variant = ((Number.parseInt(digest.slice(16, 17), 16) & 0x3) | 0x8).toString(16);
  return [
    digest.slice(0, 8),
    digest.slice(8, 12),
    `8${digest.slice(13, 16)}`,
    `${variant}${digest.slice(17, 20)}`,
    digest.slice(20, 32),
  ].join('-');
}
