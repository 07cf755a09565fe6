import type { FactChange } from '../../src/rbac/decisions/fact-change.js';
import type { Model } from './naive-evaluator.js';
import {
  assignmentFact,
  type Dice,
  membershipFact,
  programFact,
  randomAssignment,
  randomUser,
  roleFact,
  userFact,
} from './random-model.js';

let made = 0;

/** Changes the model in one way, and says what the history would say of it. */
export function changeAtRandom(dice: Dice, model: Model): FactChange[] {
  return dice.pick(CHANGES)(dice, model);
}

const CHANGES: ((dice: Dice, model: Model) => FactChange[])[] = [
  function giveARole(dice, model) {
    const assignment = randomAssignment(dice, model, `assignment-new-${made++}`);
    model.assignments.push(assignment);
    return [assignmentFact(assignment)];
  },
  function takeARole(dice, model) {
    const [removed] = model.assignments.splice(dice.roll(model.assignments.length), 1);
    return removed === undefined ? [] : [assignmentFact(removed, true)];
  },
  function rewriteAnAssignment(dice, model) {
    if (model.assignments.length === 0) return [];
    const nth = dice.roll(model.assignments.length);
    const changed = randomAssignment(dice, model, model.assignments[nth]?.id ?? '');
    model.assignments[nth] = changed;
    return [assignmentFact(changed)];
  },
  function changeWhatARoleHolds(dice, model) {
    const role = dice.pick(model.roles);
    role.permissions = dice.some(model.permissions, 40);
    return [roleFact(role)];
  },
  function changeWhatARoleInherits(dice, model) {
    const nth = dice.roll(model.roles.length);
    const role = model.roles[nth];
    if (role === undefined) return [];
    role.parents = dice.some(model.roles.slice(0, nth), 40).map(({ id }) => id);
    return [roleFact(role)];
  },
  function changeAUser(dice, model) {
    const nth = dice.roll(model.users.length);
    const changed = randomUser(dice, model.users[nth]?.id ?? '');
    model.users[nth] = changed;
    return [userFact(changed)];
  },
  function addAUserWithARole(dice, model) {
    const user = randomUser(dice, `user-new${made++}`);
    model.users.push(user);
    const assignment = { ...randomAssignment(dice, model, `assignment-new-${made++}`), holder: user.id };
    model.assignments.push({ ...assignment, holderKind: 'user' });
    // Within a revision the order is that of kinds.
    return [assignmentFact({ ...assignment, holderKind: 'user' }), userFact(user)];
  },
  function changeAProgram(dice, model) {
    const program = model.programs[dice.roll(model.programs.length)];
    if (program === undefined) return [];
    program.status = dice.chance(70) ? 'active' : 'disabled';
    program.owner = dice.pick(model.users).id;
    return [programFact(program)];
  },
  function joinOrLeaveAGroup(dice, model) {
    const group = model.groups[dice.roll(model.groups.length)];
    if (group === undefined) return [];
    const byUser = dice.chance(50);
    const members = byUser ? group.userIds : group.objects;
    const member = byUser ? dice.pick(model.users).id : `object-${dice.roll(5)}`;
    const names = byUser ? { userId: member, objectId: null } : { userId: null, objectId: member };
    const at = members.indexOf(member);
    if (at < 0) members.push(member);
    else members.splice(at, 1);
    return [membershipFact(group, names, at >= 0)];
  },
  function removeAUser(dice, model) {
    // The owner of a program, or somebody who has roles and is in groups, can be said to be gone before those are.
    if (model.users.length < 2) return [];
    const [gone] = model.users.splice(dice.roll(model.users.length), 1);
    return gone === undefined ? [] : [userFact(gone, true)];
  },
  function removeARole(dice, model) {
    if (model.roles.length < 2) return [];
    const [gone] = model.roles.splice(dice.roll(model.roles.length), 1);
    return gone === undefined ? [] : [roleFact(gone, true)];
  },
  function removeAPermission(dice, model) {
    if (model.permissions.length < 2) return [];
    const [gone] = model.permissions.splice(dice.roll(model.permissions.length), 1);
    const holding = model.roles.filter(({ permissions }) => permissions.includes(gone ?? ''));
    for (const role of holding) role.permissions = role.permissions.filter((permission) => permission !== gone);
    return [
      ...(gone === undefined ? [] : [{ kind: 'permission' as const, key: gone, removed: true, content: {} }]),
      ...holding.map((role) => roleFact(role)),
    ];
  },
  function registerMoreThanABitsetIsLong(dice, model) {
    // Rarely: whatever was compiled is too short from then on.
    if (!dice.chance(3)) return [];
    const keys = Array.from({ length: 300 }, () => `p:new-${made++}`);
    model.permissions.push(...keys);
    const role = dice.pick(model.roles);
    role.permissions = [...role.permissions, ...dice.some(keys, 20)];
    return [
      ...keys.map((key): FactChange => ({ kind: 'permission', key, removed: false, content: {} })),
      roleFact(role),
    ];
  },
  function registerAPermission(_dice, model) {
    const key = `p:new-${made++}`;
    model.permissions.push(key);
    return [{ kind: 'permission', key, removed: false, content: {} }];
  },
];
