import type { AccessPath, ExplainedFacts } from './explain.types.js';

/** Names by id, of the roles and groups that an explanation speaks of. */
export interface ExplanationNames {
  subject: string;
  role(id: string): string;
  group(id: string): string;
}

/** One sentence for people: what was decided and by what. @param paths as explainPaths sorts them */
export function summarise(
  facts: ExplainedFacts,
  allowed: boolean,
  paths: readonly AccessPath[],
  names: ExplanationNames,
): string {
  const { permission, scope, subject } = facts;
  const what = `${permission} on ${scope}`;
  const [first] = paths;
  const applying = paths.filter(({ why }) => why === 'applies');
  if (allowed && first !== undefined) {
    const others = countOthers(applying);
    return `Allowed: ${names.subject} has ${what} by ${nameOf(first, names)}${others === 0 ? '' : ` and ${others} more ${others === 1 ? 'assignment' : 'assignments'}`}; nothing denies it.`;
  }
  const denial = applying.find(({ effect }) => effect === 'deny');
  if (denial !== undefined) {
    const beaten = new Set(paths.filter(({ why }) => why === 'denied_elsewhere').map(({ assignment }) => assignment.id))
      .size;
    const wins =
      beaten === 0
        ? 'nothing allows it either'
        : `it wins over ${beaten === 1 ? 'the assignment' : `the ${beaten} assignments`} that would allow it`;
    return `Denied: ${names.subject} is denied ${what} by ${nameOf(denial, names)}; ${wins}.`;
  }
  if (!subject.active) {
    return `Denied: ${names.subject} is not active${subject.type === 'service_account' ? ', or its owner is not,' : ''} and so may do nothing.`;
  }
  const hint = paths.find(({ effect, why }) => effect === 'allow' && why in ALMOST);
  const almost = hint === undefined ? '' : `; ${nameOf(hint, names)} ${ALMOST[hint.why]}`;
  return `Denied: nothing gives ${names.subject} ${what}${almost}.`;
}

/**
 * The sentence on somebody who wasn't known yet at the time that was asked for.
 *
 * @param since when they were first written down; null when that isn't known
 */
export function summariseUnknown({ permission, scope }: ExplainedFacts, subject: string, since: Date | null): string {
  const known = since === null ? '' : ` (known since ${since.toISOString()})`;
  return `Denied: ${subject} was not known to this service then${known} and so could not have ${permission} on ${scope}.`;
}

const ALMOST: Partial<Record<AccessPath['why'], string>> = {
  eligible_not_activated: 'could be activated and is not',
  not_yet_valid: 'has not begun',
  expired: 'has ended',
  other_scope: 'would, but on another scope',
  removed: 'was removed',
};

function countOthers(applying: readonly AccessPath[]): number {
  return new Set(applying.map(({ assignment }) => assignment.id)).size - 1;
}

function nameOf({ assignment, groupId, roleIds }: AccessPath, names: ExplanationNames): string {
  const [assigned = assignment.roleId, ...inherited] = roleIds;
  const over =
    inherited.length === 0 ? '' : ` (which inherits it from ${inherited.map(names.role).join(' and that from ')})`;
  const through = groupId === null ? '' : ` through group ${names.group(groupId)}`;
  return `role ${names.role(assigned)}${over} assigned on ${assignment.scope}${through}`;
}
