import type { EvaluatedChange } from '../evaluated-change.js';
import type { EvaluationContext } from '../evaluation-context.js';
import { ACCESS_FACTS } from './access-facts.js';
import { APP_FACTS } from './app-facts.js';
import { APP_MANAGEMENT_FACTS } from './app-management-facts.js';
import type { FactName } from './fact-names.js';
import { ORGANISATION_FACTS } from './organisation-facts.js';
import { POLICY_FACTS } from './policy-facts.js';
import { ROLE_FACTS } from './role-facts.js';
import { WATCH_FACTS } from './watch-facts.js';

/** Every fact by its name; the record's type makes a missing or misspelt one a compile error. */
export const FACTS: Readonly<Record<FactName, (change: EvaluatedChange, context: EvaluationContext) => boolean>> = {
  ...POLICY_FACTS,
  ...ROLE_FACTS,
  ...APP_FACTS,
  ...APP_MANAGEMENT_FACTS,
  ...ORGANISATION_FACTS,
  ...ACCESS_FACTS,
  ...WATCH_FACTS,
};
