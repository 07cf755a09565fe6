import type { JsonObject } from '../../../src/crypto/canonical-json.js';
import type { ResourceType } from '../../../src/drift/resource-types/resource-type.types.js';
import type { Objects, RuleCase } from './rule-case.types.js';

const one =
  (type: ResourceType) =>
  (
    rule: string,
    name: string,
    before: JsonObject | null,
    after: JsonObject | null,
    severity: RuleCase['severity'],
    more: Partial<RuleCase> = {},
  ): RuleCase => ({ rule, name, type, before, after, severity, ...more });

const ADMINISTRATOR = 'a0000000-0000-4000-8000-000000000001';
const DELEGATE = 'a0000000-0000-4000-8000-000000000002';
const VIEWER = 'a0000000-0000-4000-8000-000000000003';
const around: Objects = {
  accessRole: [
    { id: ADMINISTRATOR, displayName: 'administrator', permissions: ['access:manage', 'drift:read'] },
    { id: DELEGATE, displayName: 'delegate', permissions: [], inheritedPermissions: ['access:manage'] },
    { id: VIEWER, displayName: 'viewer', permissions: ['drift:read'] },
  ],
};
const given = (roleId: string, more: JsonObject = {}): JsonObject => ({
  assignmentType: 'active',
  principalType: 'user',
  principalId: '11111111-1111-4111-8111-111111111111',
  principalDisplayName: 'Ada',
  roleId,
  roleName: 'a role',
  scope: '/',
  effect: 'allow',
  ...more,
});
const UNTIL = { endDateTime: '2030-01-01T00:00:00Z' };
const assignment = one('accessAssignment');
const constraint = one('accessConstraint');
const role = one('accessRole');
const apart = (more: JsonObject = {}): JsonObject => ({
  id: 'c0000000-0000-4000-8000-000000000001',
  displayName: 'apart',
  kind: 'roles',
  atMost: 1,
  roles: [
    { id: ADMINISTRATOR, displayName: 'administrator' },
    { id: VIEWER, displayName: 'viewer' },
  ],
  ...more,
});
const holding = (permissions: string[], more: JsonObject = {}): JsonObject => ({
  id: VIEWER,
  displayName: 'viewer',
  permissions,
  activation: { maxSeconds: 3600, needsApproval: true },
  ...more,
});
const activation = (maxSeconds: number, needsApproval: boolean) => ({ activation: { maxSeconds, needsApproval } });

export const ACCESS_CASES: RuleCase[] = [
  assignment('RB-01', 'administrator', null, given(ADMINISTRATOR), 'critical', { around }),
  assignment('RB-01', 'by inheritance, to a group', null, given(DELEGATE, { principalType: 'group' }), 'critical', {
    around,
  }),
  assignment('RB-01', 'to be activated', null, given(ADMINISTRATOR, { assignmentType: 'eligible' }), 'high', {
    around,
  }),
  assignment('RB-01', 'for good', given(ADMINISTRATOR, UNTIL), given(ADMINISTRATOR), 'critical', { around }),
  assignment('RB-02', 'of a viewer', given(VIEWER, { effect: 'deny' }), null, 'medium', { around }),
  assignment('RB-02', 'of administration', given(ADMINISTRATOR, { effect: 'deny' }), null, 'high', { around }),
  assignment(
    'RB-02',
    'after some time',
    given(VIEWER, { effect: 'deny' }),
    given(VIEWER, { effect: 'deny', ...UNTIL }),
    'medium',
    { around },
  ),
  constraint('RB-03', 'gone', apart(), null, 'high'),
  constraint('RB-03', 'more together', apart(), apart({ atMost: 2 }), 'high'),
  constraint('RB-03', 'one role fewer', apart(), apart({ roles: [{ id: VIEWER, displayName: 'viewer' }] }), 'high'),
  constraint(
    'RB-03',
    'one permission fewer',
    apart({ permissions: ['drift:decide', 'drift:scan'] }),
    apart({ permissions: ['drift:scan'] }),
    'high',
  ),
  role('RB-04', 'by itself', holding(['drift:read']), holding(['access:manage', 'drift:read']), 'high'),
  role(
    'RB-04',
    'by another role',
    holding(['drift:read']),
    holding(['drift:read'], { inheritedPermissions: ['access:manage'] }),
    'high',
  ),
  role('RB-04', 'a new one', null, holding(['access:manage']), 'high'),
  role('RB-05', 'switched off', holding([], activation(3600, true)), holding([], activation(3600, false)), 'high'),
  role('RB-06', 'a day', holding([], activation(3600, true)), holding([], activation(86_400, true)), 'medium'),
  role('RB-07', 'another permission', holding(['drift:read']), holding(['drift:read', 'drift:scan']), 'medium'),
];

export const ACCESS_SILENT: RuleCase[] = [
  assignment('RB-01', 'a viewer', null, given(VIEWER), 'critical', { around }),
  assignment('RB-01', 'a denial', null, given(ADMINISTRATOR, { effect: 'deny' }), 'critical', { around }),
  assignment('RB-02', 'an assignment is taken away', given(VIEWER), null, 'medium', { around }),
  constraint(
    'RB-03',
    'a role was renamed',
    apart(),
    apart({
      roles: [
        { id: ADMINISTRATOR, displayName: 'boss' },
        { id: VIEWER, displayName: 'viewer' },
      ],
    }),
    'high',
  ),
  role('RB-04', 'another permission', holding([]), holding(['drift:read']), 'high'),
];
