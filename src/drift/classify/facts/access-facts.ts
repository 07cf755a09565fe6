import { stringsAt, text } from '../../normalise/json-members.js';
import { type EvaluatedChange, subject } from '../evaluated-change.js';
import type { EvaluationContext } from '../evaluation-context.js';

type Fact = (change: EvaluatedChange, context: EvaluationContext) => boolean;

/** Who may change access here, and so everything else. */
const ADMINISTERS = 'access:manage';

/** Facts about the roles of this service and who has them. */
export const ACCESS_FACTS = {
  'access-allows': (change) => text(subject(change)?.value, 'effect') === 'allow',
  'access-denies': (change) => text(subject(change)?.value, 'effect') === 'deny',
  'access-eligible': (change) => text(subject(change)?.value, 'assignmentType') === 'eligible',
  'access-role-administers': (change, context) => {
    const role = text(subject(change)?.value, 'roleId') ?? '';
    return [context.after, context.before].some((lookup) => {
      const value = lookup.find('accessRole', role)?.value;
      return ['/permissions', '/inheritedPermissions'].some((path) => stringsAt(value, path).includes(ADMINISTERS));
    });
  },
} satisfies Record<string, Fact>;
