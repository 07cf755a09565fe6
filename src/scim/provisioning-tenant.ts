import type { CallerActor } from '../access/actor.js';
import { scimError } from './scim.errors.js';

/**
 * tenants.id that the caller provisions: that of the service account, and no other.
 *
 * @throws DomainError scim.no_tenant_account for people: what a directory says must not depend on who is signed in
 */
export function provisioningTenant(actor: CallerActor): string {
  if (actor.type !== 'service_account') throw scimError('scim.no_tenant_account');
  return actor.tenantId;
}
