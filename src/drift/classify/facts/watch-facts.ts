import { member, text } from '../../normalise/json-members.js';
import { type EvaluatedChange, subject } from '../evaluated-change.js';

type Fact = (change: EvaluatedChange) => boolean;

/** Facts about how this service watches a tenant. */
export const WATCH_FACTS = {
  'ignores-every-object': (change) => text(subject(change)?.value, 'resourceKey') === null,
  'window-exclusive': (change) => member(subject(change)?.value, 'exclusive') === true,
} satisfies Record<string, Fact>;
