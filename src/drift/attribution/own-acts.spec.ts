import type { AuditRow } from '../../audit/log/canonical-record.js';
import type { AttributableChange } from './attribution.types.js';
import { attributeOwnChange, ownActionOf } from './own-acts.js';

const ROLE = '11111111-1111-4111-8111-111111111111';
const ADA = '22222222-2222-4222-8222-222222222222';
const GROUP = '33333333-3333-4333-8333-333333333333';

function change(part: Partial<AttributableChange>): AttributableChange {
  return {
    resourceType: 'accessRole',
    resourceKey: ROLE,
    changeType: 'modified',
    path: '/permissions',
    before: [],
    after: ['drift:read'],
    modifiedAt: null,
    since: new Date('2026-03-01T10:00:00Z'),
    ...part,
  };
}

let counter = 0;

function record(action: string, part: Partial<AuditRow> = {}, state: object | null = null): AuditRow {
  counter += 1;
  return {
    id: `record-${counter}`,
    occurredAt: '2026-03-01T10:01:00.123456Z',
    action,
    outcome: 'success',
    reason: null,
    actorType: 'user',
    actorId: 'grace',
    actorName: 'Grace',
    sessionId: null,
    tenantId: null,
    targetType: 'role',
    targetId: ROLE,
    targetName: 'reader',
    sourceAddress: null,
    userAgent: null,
    requestId: `request-${counter}`,
    traceId: null,
    states: state === null ? null : JSON.stringify({ before: null, after: null, ...state }),
    ...part,
  };
}

const given = { subjectType: 'user', subject: 'ada', subjectObjectId: ADA, roleId: ROLE, scope: '/', effect: 'allow' };
const key = (kind: string, type = 'user', id = ADA) => [kind, type, id, ROLE, '/', 'allow'].join('|');
const added = { resourceType: 'accessAssignment', changeType: 'added', path: '' } as const;

describe('who changed access of our own', () => {
  it('is exactly whose record is of this object and this kind of act', () => {
    const records = [
      record('rbac.role.updated', { targetId: 'another' }),
      record('rbac.role.deleted'),
      record('rbac.role.updated', { requestId: 'r' }),
    ];
    expect(attributeOwnChange(change({}), records)).toMatchObject({
      attribution: 'exact',
      actor: { type: 'user', id: 'grace', displayName: 'Grace' },
      correlationId: 'r',
      evidence: [{ activity: 'rbac.role.updated', at: '2026-03-01T10:01:00.123Z', grade: 'exact' }],
    });
    expect(attributeOwnChange(change({}), records.slice(0, 2))).toMatchObject({ attribution: 'none', actor: null });
  });

  it('is not who edited something else of the object since', () => {
    const records = [
      record(
        'rbac.role.updated',
        { actorId: 'linus', actorName: 'Linus' },
        { before: { displayName: 'a', permissions: ['x'] }, after: { displayName: 'b', permissions: ['x'] } },
      ),
      record('rbac.role.updated', {}, { before: { permissions: [] }, after: { permissions: ['drift:read'] } }),
    ];
    expect(attributeOwnChange(change({}), records)).toMatchObject({ attribution: 'exact', actor: { id: 'grace' } });
  });

  it('is only probably the last of several who edited it, and of who edited what it inherits', () => {
    const records = [
      record('rbac.role.updated'),
      record('rbac.role.updated', { actorId: 'linus', actorName: 'Linus' }),
    ];
    expect(attributeOwnChange(change({}), records)).toMatchObject({ attribution: 'probable', actor: { id: 'grace' } });
    const inherited = change({ path: '/inheritedPermissions' });
    expect(attributeOwnChange(inherited, records.slice(0, 1)).attribution).toBe('probable');
  });

  it.each([
    ['given', key('active'), 'rbac.assignment.created', { after: given }],
    ['made eligible', key('eligible'), 'rbac.eligibility.created', { after: { ...given, effect: undefined } }],
    [
      'given to a group that has no object id',
      key('active', 'group', GROUP),
      'rbac.assignment.created',
      { after: { ...given, subjectType: 'group', subject: GROUP, subjectObjectId: null } },
    ],
  ])('is whose record says this role was %s there to this holder', (_what, resourceKey, action, state) => {
    const assignment = change({ ...added, resourceKey });
    expect(ownActionOf(assignment)).toBe(action);
    expect(attributeOwnChange(assignment, [record(action, {}, state)]).attribution).toBe('exact');
    const elsewhere = { after: { ...state.after, scope: '/tenants' } };
    expect(attributeOwnChange(assignment, [record(action, {}, elsewhere)]).attribution).toBe('none');
    expect(attributeOwnChange(assignment, [record(action, { states: '{broken' })]).attribution).toBe('none');
  });

  it('reads of a removal what was before, and takes another end for giving it again', () => {
    const removed = change({ ...added, changeType: 'removed', resourceKey: key('active') });
    const operator = { actorType: 'system', actorId: 'operator', actorName: 'operator' } as const;
    const taken = record('rbac.assignment.deleted', operator, { before: given });
    expect(attributeOwnChange(removed, [taken])).toMatchObject({
      attribution: 'exact',
      actor: { type: 'app', id: 'operator' },
    });
    const longer = change({ ...added, changeType: 'modified', path: '/endDateTime', resourceKey: key('active') });
    const again = record('rbac.assignment.created', {}, { after: given });
    expect(attributeOwnChange(longer, [again]).attribution).toBe('exact');
  });
});
