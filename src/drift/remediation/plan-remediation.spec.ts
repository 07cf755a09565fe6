import type { Json, JsonObject } from '../../crypto/canonical-json.js';
import { normaliseObject } from '../normalise/normalise-object.js';
import { RESOURCE_TYPE_CATALOGUE } from '../resource-types/catalogue.js';
import { RESOURCE_TYPES, type ResourceType } from '../resource-types/resource-type.types.js';
import { graphForm } from './graph-form.js';
import { planRemediation } from './plan-remediation.js';
import type { PlannedChange, RemediationPlan } from './remediation-plan.types.js';
import { restoredValue } from './restored-value.js';

const ID = '0a8d6ac2-3b8e-4d5d-9b52-2f0a5a3b6d11';

function planOf(
  change: Partial<PlannedChange> & { resourceType: ResourceType },
  current: JsonObject = {},
): RemediationPlan {
  return planRemediation({
    changes: [
      {
        id: 'c',
        resourceKey: ID,
        displayName: 'It',
        changeType: 'modified',
        matchedBy: 'id',
        path: '',
        before: null,
        after: null,
        ...change,
      },
    ],
    current: () => current,
    referrers: () => ['A policy'],
    entraTenantId: '5d6b1a42-3f1a-4a8e-9d34-1f5c6f2f7c10',
    graphRoot: 'https://graph.example/v1.0',
  });
}

const sent = ({ requests }: RemediationPlan) => requests.map(({ method, path, body }) => [method, path, body]);

describe('an object with changes undone', () => {
  test.each<[string, JsonObject, string, Json, Json, JsonObject]>([
    ['a member', { a: 1, b: 2 }, '/a', 0, 1, { a: 0, b: 2 }],
    ['a member that came', { a: 1, b: 2 }, '/a', null, 1, { b: 2 }],
    ['a member that went with all around it', { b: 2 }, '/x/y', 'v', null, { b: 2, x: { y: 'v' } }],
    ['the last member of what then is empty', { b: 2, x: { y: 1 } }, '/x/y', null, 1, { b: 2 }],
    ['elements of a set', { s: ['b', 'c'] }, '/s', ['a'], ['c'], { s: ['a', 'b'] }],
    ['a set that came whole', { s: ['c'] }, '/s', [], ['c'], {}],
    ['a set that went whole', {}, '/s', ['b', 'a'], [], { s: ['a', 'b'] }],
    ['a key with the characters of pointers', { 'a/b': { '~': 1 } }, '/a~1b/~0', 2, 1, { 'a/b': { '~': 2 } }],
    ['a member of the name __proto__', {}, '/__proto__', 'v', null, JSON.parse('{"__proto__":"v"}') as JsonObject],
  ])('%s', (_what, now, path, before, after, wanted) => {
    const copy = structuredClone(now);
    expect(restoredValue(now, [{ path, before, after }])).toEqual(wanted);
    expect(now).toEqual(copy);
    expect(({} as Record<string, unknown>)['v']).toBeUndefined();
  });
});

describe('the form that Graph takes', () => {
  test.each<[ResourceType, JsonObject]>([
    [
      'conditionalAccessPolicy',
      {
        id: ID,
        displayName: 'P',
        conditions: {
          users: { excludeGuestsOrExternalUsers: { guestOrExternalUserTypes: 'b2bCollaborationGuest,internalGuest' } },
          authenticationFlows: { transferMethods: 'deviceCodeFlow' },
        },
      },
    ],
    [
      'oauth2PermissionGrant',
      { id: 'x', clientId: 'c', consentType: 'AllPrincipals', resourceId: 'r', scope: 'User.Read Mail.Read' },
    ],
    [
      'application',
      {
        id: ID,
        appId: ID,
        displayName: 'A',
        requiredResourceAccess: [{ resourceAppId: ID, resourceAccess: [{ id: ID, type: 'Role' }] }],
        web: { redirectUris: ['https://a.example'] },
      },
    ],
    [
      'authenticationMethodConfiguration',
      { id: 'Sms', state: 'enabled', includeTargets: [{ targetType: 'group', id: 'all_users' }] },
    ],
    ['domain', { id: 'a.example', authenticationType: 'Managed', supportedServices: ['Email'] }],
    ['administrativeUnit', { id: ID, displayName: 'U', members: [{ id: ID }] }],
  ])('of %s is in normal form what it came from', (type, raw) => {
    const definition = RESOURCE_TYPE_CATALOGUE[type];
    const normal = normaliseObject(definition, raw);
    const again = normaliseObject(definition, { ...raw, ...graphForm(definition, normal?.value ?? {}) });
    expect(again?.value).toEqual(normal?.value);
  });
});

describe('a plan', () => {
  test('gives back the elements that went from a set and takes those that came, and leaves the rest of the object', () => {
    const plan = planOf(
      {
        resourceType: 'application',
        path: '/web/redirectUris',
        before: ['https://a.example'],
        after: ['https://evil.example'],
      },
      {
        displayName: 'A',
        web: { redirectUris: ['https://b.example', 'https://evil.example'], homePageUrl: 'https://b.example' },
      },
    );
    expect(sent(plan)).toEqual([
      ['PATCH', `/applications/${ID}`, { web: { redirectUris: ['https://a.example', 'https://b.example'] } }],
    ]);
  });

  test('writes null at the nearest place that the baseline lacks', () => {
    const plan = planOf(
      {
        resourceType: 'conditionalAccessPolicy',
        path: '/sessionControls/persistentBrowser/mode',
        before: null,
        after: 'always',
      },
      { displayName: 'P', sessionControls: { persistentBrowser: { mode: 'always' } } },
    );
    expect(sent(plan)).toEqual([['PATCH', `/identity/conditionalAccess/policies/${ID}`, { sessionControls: null }]]);
  });

  test('says which place is written whole', () => {
    const plan = planOf(
      { resourceType: 'conditionalAccessPolicy', path: '/conditions/users/excludeUsers', before: [], after: ['x'] },
      { conditions: { users: { includeUsers: ['All'], excludeUsers: ['x'] } } },
    );
    expect(sent(plan)[0]?.[2]).toEqual({ conditions: { users: { includeUsers: ['All'] } } });
    expect(plan.notes.map(({ text }) => text)).toEqual([expect.stringContaining('/conditions/users is written whole')]);
  });

  test('names the strength of a policy by its id only', () => {
    const plan = planOf(
      {
        resourceType: 'conditionalAccessPolicy',
        path: '/grantControls/authenticationStrength/id',
        before: 'old',
        after: 'new',
      },
      { grantControls: { operator: 'OR', authenticationStrength: { id: 'new', allowedCombinations: ['fido2'] } } },
    );
    expect(sent(plan)[0]?.[2]).toEqual({ grantControls: { operator: 'OR', authenticationStrength: { id: 'old' } } });
  });

  test('takes the trust from a location before it deletes it', () => {
    const plan = planOf({
      resourceType: 'namedLocation',
      changeType: 'added',
      after: { displayName: 'L', isTrusted: true, ipRanges: [{ cidrAddress: '0.0.0.0/1' }] },
    });
    expect(sent(plan).map(([method]) => method)).toEqual(['PATCH', 'DELETE']);
    expect(plan.requests[0]?.body).toEqual({ '@odata.type': '#microsoft.graph.ipNamedLocation', isTrusted: false });
  });

  test('says who names the old id of what comes back with a new one', () => {
    const plan = planOf({ resourceType: 'namedLocation', changeType: 'removed', before: { displayName: 'L' } });
    expect(plan.notes.map(({ text }) => text)).toEqual([
      expect.stringContaining('new id'),
      expect.stringContaining('"A policy"'),
    ]);
  });

  test('disables an app role before it takes it away', () => {
    const role = { id: 'r', value: 'X', isEnabled: true };
    const plan = planOf(
      { resourceType: 'application', path: '/appRoles/r', before: null, after: role },
      { appRoles: { r: role } },
    );
    expect(sent(plan).map(([, , body]) => body)).toEqual([
      { appRoles: [{ ...role, isEnabled: false }] },
      { appRoles: [] },
    ]);
  });

  test('gives a role past Privileged Identity Management where the baseline has it so', () => {
    const value = { principalId: 'p', roleDefinitionId: 'r', directoryScopeId: '/', outsidePim: true };
    const plan = planOf({
      resourceType: 'roleAssignment',
      resourceKey: 'p|r|/|',
      changeType: 'removed',
      before: value,
    });
    expect(sent(plan)).toEqual([
      [
        'POST',
        '/roleManagement/directory/roleAssignments',
        { principalId: 'p', roleDefinitionId: 'r', directoryScopeId: '/' },
      ],
    ]);
  });

  test.each<[string, Partial<PlannedChange> & { resourceType: ResourceType }, JsonObject]>([
    ['a secret that went', { resourceType: 'application', path: '/passwordCredentials/k', before: { keyId: 'k' } }, {}],
    [
      'a certificate that went',
      { resourceType: 'servicePrincipal', path: '/keyCredentials/k', before: { keyId: 'k' } },
      {},
    ],
    [
      'a synchronised user',
      { resourceType: 'user', path: '/accountEnabled', before: true, after: false },
      { onPremisesSyncEnabled: true },
    ],
    [
      'a member that a rule decides on',
      { resourceType: 'group', path: '/members/m', after: { id: 'm' } },
      { membershipRule: 'x' },
    ],
    [
      'a built-in role',
      { resourceType: 'roleDefinition', path: '/isEnabled', before: true, after: false },
      { isBuiltIn: true },
    ],
    ['what no request writes', { resourceType: 'group', path: '/isAssignableToRole', before: null, after: true }, {}],
    [
      'what is known by its name',
      { resourceType: 'group', path: '/description', matchedBy: 'name', before: 'a', after: 'b' },
      {},
    ],
    ['our own roles', { resourceType: 'accessRole', path: '/permissions', before: [], after: ['x'] }, {}],
  ])('leaves %s to people', (_what, change, current) => {
    const plan = planOf(change, current);
    expect(plan.requests).toEqual([]);
    expect(plan.byHand).toMatchObject([
      { changeIds: ['c'], place: expect.stringMatching(/\w/), why: expect.stringMatching(/\.$/) },
    ]);
  });

  test.each(RESOURCE_TYPES)('of whatever shape a change of %s is: words and no fault', (type) => {
    const shapes: Json[] = [null, '', 'x', 0, true, [], ['x'], {}, { id: 'x' }, [{ a: [null] }]];
    const paths = [
      '',
      '/',
      '/x',
      '/a/b/c',
      '/members/m',
      '/owners/o',
      '/includes',
      '/definition',
      '/values',
      '/__proto__',
      '/passwordCredentials/k/x',
    ];
    for (const changeType of ['added', 'removed', 'modified'] as const)
      for (const path of changeType === 'modified' ? paths : [''])
        for (const before of shapes)
          for (const after of shapes) {
            const plan = planOf(
              { resourceType: type, changeType, path, before, after, resourceKey: 'a|b' },
              { x: 'y' },
            );
            expect(plan.requests.length + plan.byHand.length + plan.notes.length).toBeGreaterThan(0);
          }
  });
});
