import type { Filter } from '../protocol/filter.types.js';
import { same } from '../protocol/resource-schema.js';

/** Whether members have to be known to tell what fits. */
export function mentionsMembers(filter: Filter): boolean {
  switch (filter.kind) {
    case 'and':
    case 'or':
      return filter.terms.some(mentionsMembers);
    case 'not':
      return mentionsMembers(filter.term);
    default:
      return same(filter.path.attribute, 'members');
  }
}
