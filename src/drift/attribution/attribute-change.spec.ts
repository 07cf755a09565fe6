import type { Json, JsonObject } from '../../crypto/canonical-json.js';
import { attributeChange } from './attribute-change.js';
import type { AttributableChange } from './attribution.types.js';
import {
  type DirectoryAuditEvent,
  decodeAuditValue,
  normaliseActivity,
  parseDirectoryAudit,
} from './directory-audit-event.js';

const POLICY = '11111111-1111-4111-8111-111111111111';
const OTHER_POLICY = '22222222-2222-4222-8222-222222222222';
const APP = '33333333-3333-4333-8333-333333333333';
const KEY_ID = '44444444-4444-4444-8444-444444444444';
const USER = '55555555-5555-4555-8555-555555555555';
const GLOBAL_ADMINISTRATOR = '62e90394-69f5-4237-9190-012177145e10';
const OTHER_ROLE = '729827e3-9c14-49f7-bb1b-9608f156bbb8';
const SERVICE_PRINCIPAL = '66666666-6666-4666-8666-666666666666';
const GRAPH = '77777777-7777-4777-8777-777777777777';
const APP_ROLE = '9e3f62cf-ca93-4989-b6ce-bf83c28f9fe8';
const LAST_SCAN = new Date('2026-03-01T10:00:00Z');

interface EventPlan {
  activity: string;
  at?: string;
  by?: string;
  app?: string;
  correlationId?: string;
  result?: string;
  targets?: { id: string; displayName?: string; modified?: [string, Json | undefined, Json | undefined][] }[];
  details?: Record<string, string>;
}

let counter = 0;

function event(plan: EventPlan): DirectoryAuditEvent {
  counter += 1;
  const encode = (value: Json | undefined) => (value === undefined ? null : JSON.stringify(value));
  const raw: JsonObject = {
    id: `event-${counter}`,
    activityDisplayName: plan.activity,
    activityDateTime: plan.at ?? '2026-03-01T10:01:00.1234567Z',
    correlationId: plan.correlationId ?? `act-${counter}`,
    result: plan.result ?? 'success',
    initiatedBy:
      plan.app === undefined
        ? { user: { id: plan.by ?? 'alice', userPrincipalName: `${plan.by ?? 'alice'}@contoso.example` }, app: null }
        : { user: null, app: { appId: plan.app, servicePrincipalId: null, displayName: plan.app } },
    targetResources: (plan.targets ?? []).map(({ id, displayName, modified }) => ({
      id,
      displayName: displayName ?? null,
      modifiedProperties: (modified ?? []).map(([name, was, is]) => ({
        displayName: name,
        oldValue: encode(was),
        newValue: encode(is),
      })),
    })),
    additionalDetails: Object.entries(plan.details ?? {}).map(([key, value]) => ({ key, value })),
  };
  const parsed = parseDirectoryAudit(raw);
  if (parsed === null) throw new Error('the event was dropped');
  return parsed;
}

function change(part: Partial<AttributableChange>): AttributableChange {
  return {
    resourceType: 'conditionalAccessPolicy',
    resourceKey: POLICY,
    changeType: 'modified',
    path: '/state',
    before: 'enabled',
    after: 'enabledForReportingButNotEnforced',
    modifiedAt: null,
    since: LAST_SCAN,
    ...part,
  };
}

function policy(part: JsonObject): JsonObject {
  return {
    id: POLICY,
    displayName: 'MFA',
    state: 'enabled',
    conditions: { users: { includeUsers: ['All'], excludeUsers: [] } },
    ...part,
  };
}

/** Both events of one edit, as Entra writes them. */
function policyEdit(before: JsonObject, after: JsonObject, about: Partial<EventPlan> = {}): DirectoryAuditEvent[] {
  counter += 1;
  const correlationId = about.correlationId ?? `edit-${counter}`;
  return [
    event({
      ...about,
      correlationId,
      activity: 'Update policy',
      targets: [{ id: POLICY, modified: [['PolicyDetail', [JSON.stringify(before)], [JSON.stringify(after)]]] }],
    }),
    event({
      ...about,
      correlationId,
      activity: 'Update conditional access policy',
      targets: [{ id: POLICY, modified: [['ConditionalAccessPolicy', before, after]] }],
    }),
  ];
}

describe('attributing a change', () => {
  it('is exact where the event shows this very value being written', () => {
    const events = policyEdit(policy({}), policy({ state: 'enabledForReportingButNotEnforced' }), { by: 'mallory' });
    expect(attributeChange(change({}), events)).toMatchObject({
      attribution: 'exact',
      actor: { type: 'user', id: 'mallory', displayName: 'mallory@contoso.example' },
    });
  });

  it('sees one act in the several events of one correlation', () => {
    const events = policyEdit(policy({}), policy({ state: 'enabledForReportingButNotEnforced' }));
    expect(attributeChange(change({}), events).evidence).toHaveLength(1);
  });

  it('names whoever wrote the value and not whoever edited something else afterwards', () => {
    const weakened = policy({ state: 'enabledForReportingButNotEnforced' });
    const events = [
      ...policyEdit(policy({}), weakened, { by: 'mallory', at: '2026-03-01T10:01:00Z' }),
      ...policyEdit(weakened, { ...weakened, displayName: 'MFA v2' }, { by: 'bob', at: '2026-03-01T10:02:00Z' }),
    ];
    expect(attributeChange(change({}), events)).toMatchObject({ attribution: 'exact', actor: { id: 'mallory' } });
  });

  it('names the last writer when several wrote the value, and lists the others', () => {
    const weakened = policy({ state: 'enabledForReportingButNotEnforced' });
    const events = [
      ...policyEdit(policy({}), weakened, { by: 'first', at: '2026-03-01T10:01:00Z' }),
      ...policyEdit(weakened, policy({}), { by: 'healer', at: '2026-03-01T10:02:00Z' }),
      ...policyEdit(policy({}), weakened, { by: 'last', at: '2026-03-01T10:03:00Z' }),
    ];
    const verdict = attributeChange(change({}), events);
    expect(verdict.actor?.id).toBe('last');
    expect(verdict.evidence.map(({ actor }) => actor?.id)).toEqual(['last', 'first', 'healer']);
  });

  it('compares sets by what came and went, whatever their order', () => {
    const before = policy({ conditions: { users: { excludeUsers: ['b', 'a'] } } });
    const after = policy({ conditions: { users: { excludeUsers: [USER, 'a', 'b'] } } });
    const excluded = change({ path: '/conditions/users/excludeUsers', before: [], after: [USER] });
    expect(attributeChange(excluded, policyEdit(before, after)).attribution).toBe('exact');
    expect(attributeChange(excluded, policyEdit(after, after)).attribution).toBe('probable');
  });

  it('is strong where only the instant of the last modification says it', () => {
    const events = [
      event({ activity: 'Update conditional access policy', at: '2026-03-01T10:01:00Z', targets: [{ id: POLICY }] }),
    ];
    expect(attributeChange(change({ modifiedAt: '2026-03-01T10:01:02Z' }), events).attribution).toBe('strong');
    expect(attributeChange(change({ modifiedAt: '2026-03-01T10:05:00Z' }), events).attribution).toBe('probable');
  });

  it('suspects nobody whose act the last scan has seen already, unless it is proven', () => {
    const earlier = '2026-03-01T09:55:00Z';
    const other = event({ activity: 'Update conditional access policy', at: earlier, targets: [{ id: POLICY }] });
    expect(attributeChange(change({ modifiedAt: earlier }), [other]).attribution).toBe('none');
    const weakened = policy({ state: 'enabledForReportingButNotEnforced' });
    expect(attributeChange(change({}), policyEdit(policy({}), weakened, { at: earlier })).attribution).toBe('exact');
    expect(
      attributeChange(change({}), policyEdit(policy({}), weakened, { at: '2026-03-01T09:40:00Z' })).attribution,
    ).toBe('none');
  });

  it('prefers the better proof to the later event', () => {
    const events = [
      ...policyEdit(policy({}), policy({ state: 'enabledForReportingButNotEnforced' }), {
        by: 'mallory',
        at: '2026-03-01T10:01:00Z',
      }),
      event({
        activity: 'Update conditional access policy',
        by: 'bob',
        at: '2026-03-01T10:04:00Z',
        targets: [{ id: POLICY }],
      }),
    ];
    expect(attributeChange(change({}), events).actor?.id).toBe('mallory');
  });

  it.each([
    ['no event', []],
    ['another policy', [event({ activity: 'Update conditional access policy', targets: [{ id: OTHER_POLICY }] })]],
    ['another kind of act', [event({ activity: 'Delete conditional access policy', targets: [{ id: POLICY }] })]],
    [
      'an event from long before the last scan',
      [event({ activity: 'Update conditional access policy', at: '2026-03-01T09:40:00Z', targets: [{ id: POLICY }] })],
    ],
  ])('invents nobody for %s', (_what, events) => {
    expect(attributeChange(change({}), events)).toEqual({
      attribution: 'none',
      actor: null,
      correlationId: null,
      evidence: [],
    });
  });

  it('drops events of what failed or has no time', () => {
    const raw = {
      activityDisplayName: 'Update conditional access policy',
      activityDateTime: '2026-03-01T10:01:00Z',
      targetResources: [],
    };
    expect(parseDirectoryAudit({ ...raw, result: 'failure' })).toBeNull();
    expect(parseDirectoryAudit({ ...raw, activityDateTime: 'yesterday' })).toBeNull();
    expect(parseDirectoryAudit({ ...raw, result: 'success' })).not.toBeNull();
  });

  it('proves a credential by its key id, in spite of a dash for the hyphen and a reordered list', () => {
    const old = '[KeyIdentifier=aaaaaaaa-1111-4111-8111-111111111111,KeyType=Password]';
    const added = `[KeyIdentifier=${KEY_ID.toUpperCase()},KeyType=Password]`;
    const events = [
      event({
        activity: 'Update application \u2013 Certificates and secrets management ',
        targets: [{ id: APP, modified: [['KeyDescription', [old], [added, old]]] }],
      }),
    ];
    const credential = change({
      resourceType: 'application',
      resourceKey: APP,
      path: `/passwordCredentials/${KEY_ID}`,
      before: null,
      after: { displayName: 'backup' },
    });
    expect(attributeChange(credential, events).attribution).toBe('exact');
    const other = { ...credential, path: '/passwordCredentials/99999999-9999-4999-8999-999999999999' };
    expect(attributeChange(other, events).attribution).toBe('probable');
  });

  it('proves a redirect address by its text', () => {
    const events = [
      event({
        activity: 'Update application',
        targets: [
          {
            id: APP,
            modified: [
              [
                'AppAddress',
                [{ Address: 'https://a.example/cb' }],
                [{ Address: 'https://a.example/cb' }, { Address: 'https://evil.example/cb' }],
              ],
            ],
          },
        ],
      }),
    ];
    const redirect = change({
      resourceType: 'application',
      resourceKey: APP,
      path: '/web/redirectUris',
      before: [],
      after: ['https://evil.example/cb'],
    });
    expect(attributeChange(redirect, events).attribution).toBe('exact');
  });

  it('takes an owner who came as proof when the event names both', () => {
    const events = [
      event({
        activity: 'Add owner to application',
        targets: [{ id: USER, modified: [['Application.ObjectID', undefined, APP]] }],
      }),
    ];
    const owner = change({
      resourceType: 'application',
      resourceKey: APP,
      path: `/owners/${USER}`,
      before: null,
      after: { id: USER },
    });
    expect(attributeChange(owner, events).attribution).toBe('exact');
  });

  describe('of a role assignment', () => {
    const assignment = change({
      resourceType: 'roleAssignment',
      resourceKey: `${USER}|${GLOBAL_ADMINISTRATOR}|/|`,
      changeType: 'added',
      path: '',
      before: null,
      after: { principalId: USER, roleDefinitionId: GLOBAL_ADMINISTRATOR, directoryScopeId: '/' },
    });
    const roleAdd = (role: string, about: Partial<EventPlan> = {}) =>
      event({
        activity: 'Add member to role',
        targets: [{ id: USER, modified: [['Role.TemplateId', undefined, role]] }],
        ...about,
      });

    it('is exact when principal and role are named', () => {
      expect(attributeChange(assignment, [roleAdd(GLOBAL_ADMINISTRATOR, { by: 'mallory' })])).toMatchObject({
        attribution: 'exact',
        actor: { id: 'mallory' },
      });
    });

    it('is none when the same person got another role', () => {
      expect(attributeChange(assignment, [roleAdd(OTHER_ROLE)]).attribution).toBe('none');
    });

    it('is none when the role was taken and not given', () => {
      const removed = roleAdd(GLOBAL_ADMINISTRATOR, { activity: 'Remove member from role' });
      expect(attributeChange(assignment, [removed]).attribution).toBe('none');
    });

    it('names the person behind what Privileged Identity Management does for them', () => {
      const events = [
        roleAdd(GLOBAL_ADMINISTRATOR, { app: 'MS-PIM', correlationId: 'pim' }),
        event({
          activity: 'Add member to role in PIM requested (permanent)',
          by: 'mallory',
          correlationId: 'pim',
          targets: [{ id: USER }, { id: GLOBAL_ADMINISTRATOR }],
        }),
      ];
      expect(attributeChange(assignment, events).actor).toMatchObject({ type: 'user', id: 'mallory' });
    });

    it('names the application where no person stands behind it', () => {
      expect(attributeChange(assignment, [roleAdd(GLOBAL_ADMINISTRATOR, { app: 'automation' })]).actor).toEqual({
        type: 'app',
        id: 'automation',
        displayName: 'automation',
      });
    });
  });

  it('tells application permissions apart by principal, resource and permission', () => {
    const grant = change({
      resourceType: 'appRoleAssignment',
      resourceKey: `${SERVICE_PRINCIPAL}|${GRAPH}|${APP_ROLE}`,
      changeType: 'added',
      path: '',
      before: null,
      after: { principalId: SERVICE_PRINCIPAL },
    });
    const given = (role: string, principal = SERVICE_PRINCIPAL) =>
      event({
        activity: 'Add app role assignment to service principal',
        targets: [
          {
            id: GRAPH,
            modified: [
              ['AppRole.Id', undefined, role],
              ['ServicePrincipal.ObjectID', undefined, principal],
            ],
          },
        ],
      });
    expect(attributeChange(grant, [given(APP_ROLE)]).attribution).toBe('exact');
    expect(attributeChange(grant, [given(OTHER_ROLE)]).attribution).toBe('none');
    expect(attributeChange(grant, [given(APP_ROLE, APP)]).attribution).toBe('none');
  });

  it('finds the writer of a policy that a tenant has one of, by its activity', () => {
    const consent = change({
      resourceType: 'authorizationPolicy',
      resourceKey: 'authorizationPolicy',
      path: '/allowInvitesFrom',
      before: 'none',
      after: 'everyone',
    });
    const update = event({
      activity: 'Update authorization policy',
      targets: [{ id: 'some-id', modified: [['AllowInvitesFrom', 'none', 'everyone']] }],
    });
    expect(attributeChange(consent, [update]).attribution).toBe('exact');
    expect(attributeChange(consent, [event({ activity: 'Update authorization policy' })]).attribution).toBe('probable');
    expect(attributeChange(consent, [event({ activity: 'Update user' })]).attribution).toBe('none');
  });

  it('matches a domain by its name', () => {
    const federated = change({
      resourceType: 'domain',
      resourceKey: 'contoso.example',
      path: '/authenticationType',
      before: 'Managed',
      after: 'Federated',
    });
    const update = event({
      activity: 'Set domain authentication',
      targets: [{ id: '', displayName: 'contoso.example', modified: [['LiveType', ['Managed'], ['Federated']]] }],
    });
    expect(attributeChange(federated, [update]).attribution).toBe('exact');
  });

  it('does not stumble over values that are no JSON, or far too deep', () => {
    const deep = `${'['.repeat(5000)}${']'.repeat(5000)}`;
    const events = [
      event({
        activity: 'Update conditional access policy',
        targets: [{ id: POLICY, modified: [['ConditionalAccessPolicy', '{"id":', deep]] }],
      }),
    ];
    expect(attributeChange(change({}), events).attribution).toBe('probable');
  });
});

describe('values and activities of the audit log', () => {
  it.each([
    ['"text"', 'text'],
    ['"{\\"a\\":1}"', { a: 1 }],
    ['["{\\"a\\":1}"]', { a: 1 }],
    ['[true]', true],
    ['["a","b"]', ['a', 'b']],
    ['', ''],
    ['not json', 'not json'],
    ['{"cut', '{"cut'],
  ])('decodes %s', (encoded, value) => {
    expect(decodeAuditValue(encoded)).toEqual(value);
  });

  it('writes activities in one spelling', () => {
    expect(normaliseActivity(' Update application \u2013 Certificates  and secrets management ')).toBe(
      'update application - certificates and secrets management',
    );
  });
});
