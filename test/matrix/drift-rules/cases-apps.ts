import type { JsonObject } from '../../../src/crypto/canonical-json.js';
import type { ResourceType } from '../../../src/drift/resource-types/resource-type.types.js';
import type { RuleCase } from './rule-case.types.js';

const DIRECT = '9e3f62cf-ca93-4989-b6ce-bf83c28f9fe8';
const INDIRECT = '1bfefb4e-e0b5-418b-a88f-73c46d2cc8e9';
const SP = '55555555-5555-4555-8555-555555555555';

const one =
  (type: ResourceType) =>
  (
    rule: string,
    name: string,
    before: JsonObject | null,
    after: JsonObject | null,
    severity: RuleCase['severity'],
    more: Partial<RuleCase> = {},
  ): RuleCase => ({
    rule,
    name,
    type,
    before,
    after,
    severity,
    ...more,
  });

const app = one('application');
const sp = one('servicePrincipal');
const own = (more: JsonObject) => ({ appId: 'app-1', ...more });
const tierZero = {
  servicePrincipal: [{ id: SP, appId: 'app-1' }],
  appRoleAssignment: [{ principalId: SP, resourceId: 'graph', appRoleId: INDIRECT }],
};
const permission = one('appRoleAssignment');
const holds = (appRoleId: string) => ({ principalId: SP, resourceId: 'graph', appRoleId });
const grant = one('oauth2PermissionGrant');
const consent = (consentType: string, scope: string) => ({
  clientId: SP,
  consentType,
  principalId: consentType === 'Principal' ? 'p' : null,
  resourceId: 'graph',
  scope,
});

export const APP_CASES: RuleCase[] = [
  app('AC-01', 'a secret', own({ passwordCredentials: [] }), own({ passwordCredentials: [{ keyId: 'k' }] }), 'high'),
  app(
    'AC-01',
    'a secret of a program that can take the tenant',
    own({ passwordCredentials: [] }),
    own({ passwordCredentials: [{ keyId: 'k' }] }),
    'critical',
    { around: tierZero },
  ),
  sp(
    'AC-01',
    'a secret of a service principal with a role',
    { id: SP, passwordCredentials: [] },
    { id: SP, passwordCredentials: [{ keyId: 'k' }] },
    'critical',
    {
      around: { roleAssignment: [{ principalId: SP, roleDefinitionId: '62e90394-69f5-4237-9190-012177145e10' }] },
    },
  ),
  app(
    'AC-02',
    'a certificate',
    own({ keyCredentials: [{ keyId: 'a' }] }),
    own({ keyCredentials: [{ keyId: 'a' }, { keyId: 'b' }] }),
    'high',
  ),
  app(
    'AC-03',
    'a federated credential',
    own({}),
    own({ federatedIdentityCredentials: [{ name: 'f', issuer: 'https://i', subject: 's' }] }),
    'high',
  ),
  app(
    'AC-03',
    'another subject',
    own({ federatedIdentityCredentials: [{ name: 'f', issuer: 'https://i', subject: 'a' }] }),
    own({ federatedIdentityCredentials: [{ name: 'f', issuer: 'https://i', subject: 'b' }] }),
    'critical',
    { around: tierZero, bothWays: true },
  ),
  permission('AC-04', 'a direct one', null, holds(DIRECT), 'critical'),
  permission('AC-04', 'an indirect one', null, holds(INDIRECT), 'high'),
  permission('AC-04', 'any other', null, holds('some-role'), 'medium'),
  grant('AC-05', 'for everybody', null, consent('AllPrincipals', 'User.Read'), 'high'),
  grant(
    'AC-05',
    'another risky scope for everybody',
    consent('AllPrincipals', ' User.Read'),
    consent('AllPrincipals', 'User.Read Mail.Read'),
    'high',
  ),
  grant('AC-05', 'a risky scope for one', null, consent('Principal', 'Mail.ReadWrite'), 'medium'),
  app('AC-06', 'an owner', own({ owners: [] }), own({ owners: [{ id: 'o' }] }), 'low'),
  app(
    'AC-06',
    'an owner of a program that can take the tenant',
    own({ owners: [] }),
    own({ owners: [{ id: 'o' }] }),
    'high',
    { around: tierZero },
  ),
  app(
    'AC-07',
    'another host',
    own({ web: { redirectUris: ['https://a.example/x'] } }),
    own({ web: { redirectUris: ['https://a.example/x', 'https://evil.example/x'] } }),
    'high',
  ),
  app(
    'AC-07',
    'a wildcard',
    own({ web: { redirectUris: ['https://a.example/x'] } }),
    own({ web: { redirectUris: ['https://a.example/x', 'https://*.a.example/x'] } }),
    'high',
  ),
  app(
    'AC-07',
    'without encryption',
    own({ web: { redirectUris: ['https://a.example/x'] } }),
    own({ web: { redirectUris: ['https://a.example/x', 'http://a.example/x'] } }),
    'high',
  ),
  app(
    'AC-07',
    'the same host',
    own({ spa: { redirectUris: ['https://a.example/x'] } }),
    own({ spa: { redirectUris: ['https://a.example/x', 'https://a.example/y'] } }),
    'low',
  ),
  app(
    'AC-08',
    'other tenants',
    own({ signInAudience: 'AzureADMyOrg' }),
    own({ signInAudience: 'AzureADMultipleOrgs' }),
    'medium',
  ),
  app('AC-08', 'another identifier', own({ identifierUris: [] }), own({ identifierUris: ['api://x'] }), 'medium'),
  sp(
    'AC-09',
    'everybody may use it',
    { appRoleAssignmentRequired: true },
    { appRoleAssignmentRequired: false },
    'medium',
  ),
  sp('AC-09', 'switched on', { accountEnabled: false }, { accountEnabled: true }, 'medium'),
  sp(
    'AC-10',
    'another signing key',
    { preferredTokenSigningKeyThumbprint: 'A' },
    { preferredTokenSigningKeyThumbprint: 'B' },
    'high',
    { bothWays: true },
  ),
];

export const APP_SILENT: RuleCase[] = [
  app(
    'AC-01',
    'a secret goes',
    own({ passwordCredentials: [{ keyId: 'k' }] }),
    own({ passwordCredentials: [] }),
    'info',
  ),
  grant('AC-05', 'a harmless scope for one', null, consent('Principal', 'User.Read openid'), 'info'),
  app(
    'AC-08',
    'only this tenant',
    own({ signInAudience: 'AzureADMultipleOrgs' }),
    own({ signInAudience: 'AzureADMyOrg' }),
    'info',
  ),
];
