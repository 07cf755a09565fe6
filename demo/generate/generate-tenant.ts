import { TenantState } from '../store/tenant-state.js';
import { generateApplications, type WatcherRegistration } from './applications.js';
import { generateAuthentication } from './authentication.js';
import { generateConditionalAccess } from './conditional-access.js';
import { generateGroups } from './groups.js';
import { generateHistory } from './history.js';
import { generateOrganisation } from './organisation.js';
import { generateRoles } from './roles.js';
import { generateSettings } from './settings.js';
import { type Cast, castPeople, planIdentity, type TenantSize } from './tenant-plan.js';
import { generateTenantPolicies } from './tenant-policies.js';
import { generateUsers } from './users.js';

export interface GeneratedTenant {
  state: TenantState;
  cast: Cast;
}

/** Makes a whole fictional tenant out of a seed: the same seed and size give the same objects, ids included. */
export function generateTenant(
  seed: number,
  size: TenantSize,
  watcher: WatcherRegistration,
  now: () => Date,
): GeneratedTenant {
  const state = new TenantState(planIdentity(seed), now);
  const cast = castPeople(seed, size.users);
  generateUsers(state, cast);
  const groups = generateGroups(state, cast, size.groups);
  generateApplications(state, cast, size.applications, watcher);
  generateAuthentication(state);
  generateConditionalAccess(state, cast, groups, size.policies);
  generateRoles(state, cast, groups);
  generateTenantPolicies(state, cast);
  generateSettings(state, cast);
  generateOrganisation(state, cast, groups);
  generateHistory(state, cast);
  return { state, cast };
}
