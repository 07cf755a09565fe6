import type { TenantIdentity } from '../store/tenant-state.js';
import { Prng } from './prng.js';
import { ORGANISATIONS } from './vocabulary.js';

/** How big the generated tenant is. */
export interface TenantSize {
  users: number;
  groups: number;
  applications: number;
  policies: number;
}

export const DEFAULT_SIZE: TenantSize = { users: 500, groups: 60, applications: 80, policies: 25 };

/** Who is who among the generated people: the first of them hold the roles, the rest are ordinary. */
export interface Cast {
  userIds: string[];
  administratorId: string;
  breakGlassIds: string[];
  /** Administrators other than the first one and the break-glass accounts. */
  adminIds: string[];
  memberIds: string[];
}

export const ADMIN_COUNT = 14;

/** Names and ids that the rest of the generator refers to; a seed always gives the same ones. */
export function planIdentity(seed: number): TenantIdentity {
  const random = new Prng(seed, 'identity');
  const displayName = random.pick(ORGANISATIONS);
  const word = displayName.toLowerCase().replaceAll(/[^a-z]/g, '');
  return {
    seed,
    tenantId: random.guid(),
    displayName,
    initialDomain: `${word}.onmicrosoft.com`,
    defaultDomain: `${word}.example`,
  };
}

export function castPeople(seed: number, users: number): Cast {
  const count = Math.max(users, ADMIN_COUNT + 6);
  const userIds = Array.from({ length: count }, (_, position) => new Prng(seed, 'user', position).guid());
  return {
    userIds,
    administratorId: userIds[0] ?? '',
    breakGlassIds: userIds.slice(1, 3),
    adminIds: userIds.slice(3, 3 + ADMIN_COUNT),
    memberIds: userIds.slice(3 + ADMIN_COUNT),
  };
}
