import { allowedAt, closures, type Model, type ModelAssignment } from './model.js';
import { oneOf, seeded } from './random.js';

export interface AskedQuestion {
  subjectId: string;
  permission: string;
  scope: string;
  /** What a peer without scopes has its answer under: the user, or the user and the scope as one precomputed name. */
  key: string;
  allowed: boolean;
}

export interface Questions {
  list: AskedQuestion[];
  /** By key: all that is allowed there. */
  allowedByKey: Map<string, Set<string>>;
}

/** Half of them allowed, in random order; those on mixed users ask on scopes half of the time. */
export function makeQuestions(
  model: Model,
  count: number,
  isEligible: (userId: string) => boolean = () => true,
): Questions {
  const random = seeded(42);
  const roles = closures(model.roles);
  const byUser = new Map<string, Model['assignments'][number][]>();
  for (const assignment of model.assignments) {
    const own = byUser.get(assignment.userId);
    if (own === undefined) byUser.set(assignment.userId, [assignment]);
    else own.push(assignment);
  }
  const users = model.users.filter(isEligible);
  const allowedByKey = new Map<string, Set<string>>();
  const list: AskedQuestion[] = [];
  while (list.length < count) {
    const subjectId = oneOf(random, users);
    const own = byUser.get(subjectId) ?? [];
    const scope = model.mixed.has(subjectId) && random() < 0.5 ? scopeOf(own, random) : '/';
    const key = scope === '/' ? subjectId : `${subjectId} ${scope}`;
    let allowed = allowedByKey.get(key);
    if (allowed === undefined) {
      allowed = allowedAt(own, roles, scope, model.nowMs);
      allowedByKey.set(key, allowed);
    }
    const wanted = list.length % 2 === 0;
    if (allowed.size === 0 && wanted) continue;
    let permission = wanted ? oneOf(random, [...allowed]) : oneOf(random, model.permissions);
    while (allowed.has(permission) !== wanted) permission = oneOf(random, model.permissions);
    // As a caller would have them: equal texts, not the very objects that the variants hold.
    list.push({
      subjectId: copyOf(subjectId),
      permission: copyOf(permission),
      scope: copyOf(scope),
      key: copyOf(key),
      allowed: wanted,
    });
  }
  for (let nth = list.length - 1; nth > 0; nth--) {
    const other = Math.floor(random() * (nth + 1));
    const [one, two] = [list[nth], list[other]];
    if (one !== undefined && two !== undefined) [list[nth], list[other]] = [two, one];
  }
  return { list, allowedByKey };
}

function scopeOf(own: readonly ModelAssignment[], random: () => number): string {
  const scope = own.find((assignment) => assignment.scope !== '/')?.scope ?? '/tenants/t1';
  return random() < 0.5 ? scope : `${scope}/items/i1`;
}

function copyOf(text: string): string {
  return Buffer.from(text).toString();
}
