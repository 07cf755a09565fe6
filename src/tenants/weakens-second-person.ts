import type { TenantPatch, WatchedTenant } from './tenants.types.js';

/**
 * Whether a patch would let one person settle grave drift of a tenant that wants two for it: by no longer wanting two, by not
 * looking or looking less often, or by other emergency accounts, whose exclusion is judged as harmless and whose removal as grave. Pure.
 */
export function weakensSecondPerson(tenant: WatchedTenant, patch: TenantPatch): boolean {
  if (!tenant.secondPerson) return false;
  if (patch.secondPerson === false) return true;
  if (tenant.scanEnabled && patch.scanEnabled === false) return true;
  if (patch.scanIntervalSeconds !== undefined && patch.scanIntervalSeconds > tenant.scanIntervalSeconds) return true;
  if (patch.breakGlassObjectIds === undefined) return false;
  return textOf(patch.breakGlassObjectIds) !== textOf(tenant.breakGlassObjectIds);
}

function textOf(ids: readonly string[]): string {
  return [...new Set(ids.map((id) => id.toLowerCase()))].sort().join();
}
