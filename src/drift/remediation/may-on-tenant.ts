import type { Reach } from '../../access/caller-reach.js';
import type { TenantFilter } from './remediations.repository.js';

const ABOVE = ['/', '/tenants'];

/** Whether a permission that holds there holds for a tenant as a whole. */
export function mayOnTenant({ allowed, denied }: Reach, tenantId: string): boolean {
  const covering = [...ABOVE, `/tenants/${tenantId}`];
  return covering.some((scope) => allowed.includes(scope)) && !covering.some((scope) => denied.includes(scope));
}

/** Of which tenants somebody sees what a list has. */
export function visibleTenants({ allowed, denied }: Reach): TenantFilter {
  if (ABOVE.some((scope) => denied.includes(scope))) return { only: [], except: [] };
  const except = denied.flatMap(tenantOf);
  return { only: ABOVE.some((scope) => allowed.includes(scope)) ? null : allowed.flatMap(tenantOf), except };
}

function tenantOf(scope: string): string[] {
  const id = /^\/tenants\/([0-9a-f-]{36})$/i.exec(scope)?.[1];
  return id === undefined ? [] : [id.toLowerCase()];
}
