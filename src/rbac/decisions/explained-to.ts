import { isAtOrBelow } from '../scope.js';
import type { ExplainedFacts } from './explain.types.js';
import { isWithin, type ScopeRoots } from './scope-roots.js';

/**
 * What a reader may be told of the facts: what lies at or above the scope of the question, which is all that decides, and what lies
 * where they may read access. So the decision is the same by either.
 *
 * @param readable where the reader holds access:read
 */
export function explainedTo(readable: ScopeRoots, facts: ExplainedFacts): ExplainedFacts {
  const isTold = ({ scope }: { scope: string }) => isAtOrBelow(facts.scope, scope) || isWithin(scope, readable);
  return {
    ...facts,
    subject: { ...facts.subject, assignments: facts.subject.assignments.filter(isTold) },
    eligible: facts.eligible.filter(isTold),
    removed: facts.removed.filter(isTold),
  };
}
