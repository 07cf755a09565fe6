/**
 * A second opinion on who may do what: plain models, walked from the question to the answer with nothing kept or compiled. It
 * shares no line with the service, so that a mistake there isn't made here too.
 */

export interface Model {
  users: { id: string; tenant: string; object: string | null; status: string }[];
  programs: { id: string; owner: string; status: string }[];
  groups: { id: string; tenant: string; userIds: string[]; objects: string[] }[];
  roles: { id: string; permissions: string[]; parents: string[] }[];
  assignments: NaiveAssignment[];
  permissions: string[];
}

export interface NaiveAssignment {
  id: string;
  holderKind: 'user' | 'service_account' | 'group';
  holder: string;
  role: string;
  scope: string;
  deny: boolean;
  from: number;
  until: number | null;
}

/** @returns undefined for a permission that the model doesn't have */
export function naivelyAllowed(
  model: Model,
  subject: string,
  permission: string,
  scope: string,
  now: number,
): boolean | undefined {
  if (!model.permissions.includes(permission)) return undefined;
  if (!mayAct(model, subject)) return false;
  const speaking = assignmentsOf(model, subject).filter(
    (assignment) =>
      now >= assignment.from &&
      (assignment.until === null || now < assignment.until) &&
      covers(assignment.scope, scope) &&
      holds(model, assignment.role, permission, []),
  );
  if (speaking.some(({ deny }) => deny)) return false;
  return speaking.length > 0;
}

/** Everybody who may. Sorted. */
export function naiveSubjects(model: Model, permission: string, scope: string, now: number): string[] {
  return [...model.users, ...model.programs]
    .map(({ id }) => id)
    .filter((id) => naivelyAllowed(model, id, permission, scope, now))
    .sort();
}

function mayAct(model: Model, subject: string): boolean {
  const user = model.users.find(({ id }) => id === subject);
  if (user !== undefined) return user.status === 'active';
  const program = model.programs.find(({ id }) => id === subject);
  if (program === undefined || program.status !== 'active') return false;
  return model.users.find(({ id }) => id === program.owner)?.status === 'active';
}

function assignmentsOf(model: Model, subject: string): NaiveAssignment[] {
  const user = model.users.find(({ id }) => id === subject);
  if (user === undefined) {
    return model.assignments.filter(({ holderKind, holder }) => holderKind === 'service_account' && holder === subject);
  }
  const groups = model.groups.filter(
    (group) =>
      group.userIds.includes(user.id) ||
      (user.object !== null && group.tenant === user.tenant && group.objects.includes(user.object)),
  );
  return model.assignments.filter(
    ({ holderKind, holder }) =>
      (holderKind === 'user' && holder === subject) ||
      (holderKind === 'group' && groups.some(({ id }) => id === holder)),
  );
}

function covers(assigned: string, asked: string): boolean {
  const parts = (path: string) => path.split('/').filter((part) => part !== '');
  const [above, below] = [parts(assigned), parts(asked)];
  return above.every((part, nth) => below[nth] === part);
}

function holds(model: Model, roleId: string, permission: string, walked: string[]): boolean {
  if (walked.includes(roleId)) return false;
  const role = model.roles.find(({ id }) => id === roleId);
  if (role === undefined) return false;
  if (role.permissions.includes(permission)) return true;
  return role.parents.some((parent) => holds(model, parent, permission, [...walked, roleId]));
}
