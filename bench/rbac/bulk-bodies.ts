import { allowedAt, closures, type Model, type ModelAssignment } from './model.js';
import type { AskedQuestion } from './questions.js';
import { oneOf, seeded } from './random.js';

/** A body of /rbac/check-bulk and what its answer has to say. */
export interface BulkBody {
  body: string;
  expected: { allowed: boolean[] } | { rows: string[] };
}

export const LISTED = 10_000;
const SIDES = { subjects: 500, permissions: 100, scopes: 2 };
export const IN_MATRIX = SIDES.subjects * SIDES.permissions * SIDES.scopes;

export function listBody(questions: readonly AskedQuestion[]): BulkBody {
  const checks = questions.map(({ subjectId: subject, permission, scope }) => ({ subject, permission, scope }));
  return { body: JSON.stringify({ checks }), expected: { allowed: questions.map(({ allowed }) => allowed) } };
}

/** 500 of the users, 100 permissions, everywhere and in one application. */
export function makeMatrices(model: Model, count: number): BulkBody[] {
  const random = seeded(77);
  const roles = closures(model.roles);
  const byUser = new Map<string, ModelAssignment[]>(model.users.map((id) => [id, []]));
  for (const assignment of model.assignments) byUser.get(assignment.userId)?.push(assignment);
  return Array.from({ length: count }, () => {
    const subjects = Array.from({ length: SIDES.subjects }, () => oneOf(random, model.users));
    const permissions = Array.from({ length: SIDES.permissions }, () => oneOf(random, model.permissions));
    const scoped = oneOf(
      random,
      model.assignments.filter(({ scope }) => scope !== '/'),
    );
    const scopes = ['/', scoped.scope];
    const rows = subjects.map((subject) =>
      scopes
        .flatMap((scope) => {
          const allowed = allowedAt(byUser.get(subject) ?? [], roles, scope, model.nowMs);
          return permissions.map((name) => (allowed.has(name) ? '1' : '0'));
        })
        .join(''),
    );
    return { body: JSON.stringify({ matrix: { subjects, permissions, scopes } }), expected: { rows } };
  });
}

/** @throws Error when an answer isn't the right one */
export async function assertRight(url: string, token: string, bodies: readonly BulkBody[]): Promise<void> {
  for (const { body, expected } of bodies) {
    const headers = { 'content-type': 'application/json', authorization: `Bearer ${token}` };
    const answer = await fetch(url, { method: 'POST', headers, body });
    const { revision: _revision, ...said } = (await answer.json()) as Record<string, unknown>;
    if (JSON.stringify(said) !== JSON.stringify(expected)) {
      throw new Error(`/rbac/check-bulk answered ${answer.status}, and not what it has to`);
    }
  }
}
