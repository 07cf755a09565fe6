import type { RoleFacts, SubjectFacts } from '../../src/rbac/decisions/access-facts.js';
import type { Model } from './naive-evaluator.js';
import { assignmentFact } from './random-model.js';

/** A model's roles in the form in which the service reads them from the database. */
export function roleFactsOf(model: Model): Map<string, RoleFacts> {
  return new Map(model.roles.map((role) => [role.id, { ...role, name: role.id, isSystem: false }]));
}

/** And somebody of it; null for nobody. */
export function subjectFactsOf(model: Model, id: string): SubjectFacts | null {
  const user = model.users.find((candidate) => candidate.id === id);
  const program = model.programs.find((candidate) => candidate.id === id);
  if (user === undefined && program === undefined) return null;
  const owner = model.users.find((candidate) => candidate.id === program?.owner);
  const groupIds = model.groups
    .filter(
      ({ tenant, userIds, objects }) =>
        user !== undefined &&
        (userIds.includes(user.id) ||
          (tenant === user.tenant && user.object !== null && objects.includes(user.object))),
    )
    .map((group) => group.id);
  return {
    type: user === undefined ? 'service_account' : 'user',
    id,
    tenantId: user?.tenant ?? 'tenant-1',
    active: user === undefined ? program?.status === 'active' && owner?.status === 'active' : user.status === 'active',
    groupIds,
    assignments: model.assignments
      .filter(({ holderKind, holder }) => (holderKind === 'group' ? groupIds.includes(holder) : holder === id))
      .flatMap((assignment) => {
        const fact = assignmentFact(assignment);
        return fact.kind === 'assignment' ? [{ id: fact.key, ...fact.content }] : [];
      }),
  };
}
