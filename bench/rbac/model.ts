import { oneOf, seeded, uuidFrom } from './random.js';

export interface ModelRole {
  id: string;
  permissions: string[];
  parents: string[];
}

export interface ModelAssignment {
  id: string;
  userId: string;
  roleId: string;
  scope: string;
  effect: 'allow' | 'deny';
  validFrom: number;
  validUntil: number | null;
}

export interface Model {
  tenantId: string;
  users: string[];
  permissions: string[];
  roles: ModelRole[];
  assignments: ModelAssignment[];
  /** Users with assignments on scopes, for a time, and denials. */
  mixed: ReadonlySet<string>;
  /** The moment that questions are about, Unix milliseconds. */
  nowMs: number;
}

const RESOURCES = 250;
const ACTIONS = ['read', 'write', 'delete', 'approve'];
const LEVELS = [50, 150, 300];
const ROLES_A_USER = 5;
const PERMISSIONS_A_ROLE = 20;
const MIXED_SHARE = 0.2;
const SCOPES = 200;
const HOUR = 3_600_000;

/** 500 roles three deep, 1,000 permissions, 20 of its own a role, 5 roles a user; the same for the same number of users. */
export function makeModel(userCount: number): Model {
  const random = seeded(20_260_701);
  const permissions = Array.from({ length: RESOURCES }, (_, nth) =>
    ACTIONS.map((action) => `bench/resource-${String(nth).padStart(3, '0')}:${action}`),
  ).flat();
  const roles: ModelRole[] = [];
  let above: ModelRole[] = [];
  for (const count of LEVELS) {
    const level = Array.from({ length: count }, (): ModelRole => {
      const own = new Set<string>();
      while (own.size < PERMISSIONS_A_ROLE) own.add(oneOf(random, permissions));
      return {
        id: uuidFrom(random),
        permissions: [...own],
        parents: above.length === 0 ? [] : [oneOf(random, above).id],
      };
    });
    roles.push(...level);
    above = level;
  }
  const nowMs = Date.UTC(2026, 6, 1);
  const scopes = Array.from({ length: SCOPES }, (_, nth) => `/tenants/t${nth % 20}/apps/a${nth}`);
  const users = Array.from({ length: userCount }, () => uuidFrom(random));
  const mixed = new Set<string>();
  const assignments = users.flatMap((userId) => {
    const isMixed = random() < MIXED_SHARE;
    if (isMixed) mixed.add(userId);
    return Array.from({ length: ROLES_A_USER }, (_, nth): ModelAssignment => {
      const whole = { scope: '/', effect: 'allow' as const, validFrom: nowMs - HOUR, validUntil: null };
      const kinds: Partial<ModelAssignment>[] = [
        { scope: oneOf(random, scopes) },
        { scope: oneOf(random, scopes), effect: 'deny' },
        { validUntil: nowMs + (1 + Math.floor(random() * 1000)) * HOUR },
        { validFrom: nowMs + HOUR },
        {},
      ];
      return {
        id: uuidFrom(random),
        userId,
        roleId: oneOf(random, roles).id,
        ...whole,
        ...(isMixed ? kinds[nth] : {}),
      };
    });
  });
  return { tenantId: uuidFrom(random), users, permissions, roles, assignments, mixed, nowMs };
}

/** Names that each role gives, inherited ones included. */
export function closures(roles: readonly ModelRole[]): Map<string, Set<string>> {
  const all = new Map<string, Set<string>>();
  // Parents stand before their children.
  for (const { id, permissions, parents } of roles) {
    all.set(id, new Set([...permissions, ...parents.flatMap((parent) => [...(all.get(parent) ?? [])])]));
  }
  return all;
}

/** The plain evaluation of one user at one scope, as the issue words it: what all variants have to agree with. */
export function allowedAt(
  assignments: readonly ModelAssignment[],
  roles: ReadonlyMap<string, ReadonlySet<string>>,
  scope: string,
  nowMs: number,
): Set<string> {
  const allowed = new Set<string>();
  const denied = new Set<string>();
  for (const { roleId, scope: on, effect, validFrom, validUntil } of assignments) {
    if (nowMs < validFrom || (validUntil !== null && nowMs >= validUntil)) continue;
    if (on !== '/' && scope !== on && !scope.startsWith(`${on}/`)) continue;
    for (const name of roles.get(roleId) ?? []) (effect === 'allow' ? allowed : denied).add(name);
  }
  for (const name of denied) allowed.delete(name);
  return allowed;
}
