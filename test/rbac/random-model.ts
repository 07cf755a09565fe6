import type { FactChange } from '../../src/rbac/decisions/fact-change.js';
import type { Model, NaiveAssignment } from './naive-evaluator.js';

/** Numbers that look random and are the same for the same seed (mulberry32). */
export class Dice {
  private state: number;

  constructor(seed: number) {
    this.state = seed >>> 0;
  }

  /** 0 to less than `below`. */
  roll(below: number): number {
    this.state = (this.state + 0x6d2b79f5) >>> 0;
    let mixed = this.state;
    mixed = Math.imul(mixed ^ (mixed >>> 15), mixed | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return Math.floor((((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32) * below);
  }

  chance(percent: number): boolean {
    return this.roll(100) < percent;
  }

  pick<T>(from: readonly T[]): T {
    const picked = from[this.roll(from.length)];
    if (picked === undefined) throw new Error('nothing to pick from');
    return picked;
  }

  some<T>(from: readonly T[], percent: number): T[] {
    return from.filter(() => this.chance(percent));
  }
}

/** The middle of the time that models are about, Unix milliseconds. */
export const NOON = 1_764_500_000_000;
const SEGMENTS = ['a', 'ab', 'b', 'apps', 'A.1'];
const TENANTS = ['tenant-1', 'tenant-2'];

export function randomScope(dice: Dice): string {
  const depth = dice.chance(30) ? 0 : 1 + dice.roll(4);
  return depth === 0 ? '/' : `/${Array.from({ length: depth }, () => dice.pick(SEGMENTS)).join('/')}`;
}

/** Names unlike each other, some sharing their beginnings; every id is of one kind. */
export function randomModel(dice: Dice): Model {
  const count = (most: number) => 1 + dice.roll(most);
  const permissions = Array.from({ length: dice.chance(5) ? 300 : count(12) }, (_, nth) => `p:${nth}`);
  const users = Array.from({ length: count(6) }, (_, nth) => randomUser(dice, `user-${nth}`));
  const roles = Array.from({ length: count(7) }, (_, nth) => ({
    id: `role-${nth}`,
    permissions: dice.some(permissions, 40),
    // Only from earlier ones: a graph without cycles.
    parents: dice.some(
      Array.from({ length: nth }, (_, earlier) => `role-${earlier}`),
      30,
    ),
  }));
  const model: Model = {
    permissions,
    users,
    roles,
    programs: Array.from({ length: dice.roll(3) }, (_, nth) => ({
      id: `program-${nth}`,
      owner: dice.pick(users).id,
      status: dice.chance(85) ? 'active' : 'disabled',
    })),
    groups: Array.from({ length: dice.roll(4) }, (_, nth) => ({
      id: `group-${nth}`,
      tenant: dice.pick(TENANTS),
      userIds: dice.some(users, 30).map(({ id }) => id),
      objects: dice.some(['object-0', 'object-1', 'object-2', 'object-3'], 40),
    })),
    assignments: [],
  };
  const many = dice.chance(10) ? 60 : 12;
  model.assignments = Array.from({ length: count(many) }, (_, nth) =>
    randomAssignment(dice, model, `assignment-${nth}`),
  );
  return model;
}

export function randomUser(dice: Dice, id: string): Model['users'][number] {
  return {
    id,
    tenant: dice.pick(TENANTS),
    // Of its own, or nobody's: two users of a tenant never share one.
    object: dice.chance(70) ? `object-${id.slice(id.indexOf('-') + 1)}` : null,
    status: dice.pick(['active', 'active', 'active', 'active', 'disabled', 'deleted']),
  };
}

export function randomAssignment(dice: Dice, model: Model, id: string): NaiveAssignment {
  const holders: [NaiveAssignment['holderKind'], { id: string }[]][] = [
    ['user', model.users],
    ['service_account', model.programs],
    ['group', model.groups],
  ];
  const [holderKind, among] = dice.pick(holders.filter(([, { length }]) => length > 0));
  const from = NOON + (dice.chance(70) ? -1000 : dice.roll(9) * 500 - 2000);
  return {
    id,
    holderKind,
    holder: dice.pick(among).id,
    role: dice.pick(model.roles).id,
    scope: randomScope(dice),
    deny: dice.chance(15),
    from,
    until: dice.chance(60) ? null : from + 500 + dice.roll(6) * 500,
  };
}

/** Everything of a model, as the history would say it. */
export function factsOf(model: Model): FactChange[] {
  return [
    ...model.permissions.map((key): FactChange => ({ kind: 'permission', key, removed: false, content: {} })),
    ...model.users.map((user) => userFact(user)),
    ...model.programs.map(programFact),
    ...model.groups.flatMap((group) => [
      ...group.userIds.map((userId) => membershipFact(group, { userId, objectId: null })),
      ...group.objects.map((objectId) => membershipFact(group, { userId: null, objectId })),
    ]),
    ...model.roles.map((role) => roleFact(role)),
    ...model.assignments.map((assignment) => assignmentFact(assignment)),
  ];
}

export function userFact({ id, tenant, object, status }: Model['users'][number], removed = false): FactChange {
  const content = { status: status as 'active' | 'disabled' | 'deleted', tenantId: tenant, objectId: object };
  return { kind: 'user', key: id, removed, content };
}

export function programFact({ id, owner, status }: Model['programs'][number]): FactChange {
  const content = { status: status as 'active' | 'disabled', tenantId: 'tenant-1', ownerUserId: owner };
  return { kind: 'service_account', key: id, removed: false, content };
}

export function roleFact({ id, permissions, parents }: Model['roles'][number], removed = false): FactChange {
  const content = { name: id, isSystem: false, permissions: [...permissions], parents: [...parents] };
  return { kind: 'role', key: id, removed, content };
}

export function membershipFact(
  group: { id: string; tenant: string },
  member: { userId: string | null; objectId: string | null },
  removed = false,
): FactChange {
  const content = { groupId: group.id, groupTenantId: removed ? null : group.tenant, ...member };
  return { kind: 'membership', key: `${group.id}:${member.userId ?? member.objectId}`, removed, content };
}

export function assignmentFact(assignment: NaiveAssignment, removed = false): FactChange {
  return {
    kind: 'assignment',
    key: assignment.id,
    removed,
    content: {
      holderType: assignment.holderKind,
      holderId: assignment.holder,
      roleId: assignment.role,
      scope: assignment.scope,
      effect: assignment.deny ? 'deny' : 'allow',
      validFrom: assignment.from,
      validUntil: assignment.until,
    },
  };
}
