import type { Reach } from '../../access/caller-reach.js';
import { isUuid } from '../../kernel/ids/ids.js';

/** Whose records somebody may read. Records of no tenant concern the installation. */
export type TenantReach =
  | { everything: true; except: readonly string[] }
  | {
      everything: false;
      installation: boolean;
      allTenants: boolean;
      tenants: readonly string[];
      except: readonly string[];
    };

const ROOT = '/';
const TENANTS = '/tenants';

/**
 * What scopes say about records, which belong to a tenant as a whole: whoever may on a part of a tenant may not read its records,
 * and a denial on a part of it doesn't take them away.
 */
export function tenantReach({ allowed, denied }: Reach): TenantReach {
  const except = denied.flatMap(tenantOf);
  const noTenants = denied.includes(TENANTS);
  if (denied.includes(ROOT)) return { everything: false, installation: false, allTenants: false, tenants: [], except };
  if (allowed.includes(ROOT) && !noTenants) return { everything: true, except };
  return {
    everything: false,
    installation: allowed.includes(ROOT),
    allTenants: allowed.includes(TENANTS) && !noTenants,
    tenants: noTenants ? [] : allowed.flatMap(tenantOf).filter((id) => !except.includes(id)),
    except,
  };
}

/** The only tenant that can be read; null when there may be several, or records of none. */
export function onlyTenantOf(reach: TenantReach): string | null {
  if (reach.everything || reach.installation || reach.allTenants) return null;
  return reach.tenants.length === 1 ? (reach.tenants[0] ?? null) : null;
}

function tenantOf(scope: string): string[] {
  const [, first, id = '', ...rest] = scope.split('/');
  return first === 'tenants' && rest.length === 0 && isUuid(id) ? [id.toLowerCase()] : [];
}
