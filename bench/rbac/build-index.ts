import { AccessIndex } from '../../src/rbac/decisions/access-index.js';
import type { FactChange } from '../../src/rbac/decisions/fact-change.js';
import type { Model } from './model.js';

/** Our index, filled with a model as it is filled from the database. */
export function buildIndex(model: Model): AccessIndex {
  const index = new AccessIndex();
  index.apply(factsOf(model));
  index.nowMs = model.nowMs;
  index.revision = 1;
  return index;
}

function* factsOf({ permissions, roles, users, assignments, tenantId }: Model): Iterable<FactChange> {
  for (const key of permissions) yield { kind: 'permission', key, removed: false, content: {} };
  for (const { id, permissions: own, parents } of roles) {
    yield { kind: 'role', key: id, removed: false, content: { name: id, isSystem: false, permissions: own, parents } };
  }
  for (const key of users) {
    yield { kind: 'user', key, removed: false, content: { status: 'active', tenantId, objectId: null } };
  }
  for (const { id, userId, ...content } of assignments) {
    yield {
      kind: 'assignment',
      key: id,
      removed: false,
      content: { ...content, holderType: 'user', holderId: userId },
    };
  }
}
