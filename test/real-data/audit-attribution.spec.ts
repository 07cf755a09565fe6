import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { JsonObject } from '../../src/crypto/canonical-json.js';
import { attributeChange } from '../../src/drift/attribution/attribute-change.js';
import type { AttributableChange } from '../../src/drift/attribution/attribution.types.js';
import { parseDirectoryAudit } from '../../src/drift/attribution/directory-audit-event.js';
import { describeWithData, sharedData } from './shared-data.js';

const FOLDER = 'panther-entra-audit';
const folder = sharedData(FOLDER);

interface Recorded {
  event: { properties: JsonObject };
}

describeWithData(FOLDER, 'who made a change, by audit events that others recorded', () => {
  const read = (name: string): JsonObject =>
    (JSON.parse(readFileSync(join(folder, name), 'utf8')) as Recorded).event.properties;
  const events = (...names: string[]) =>
    names.map((name) => parseDirectoryAudit(read(name))).filter((event) => event !== null);
  const change = (part: Partial<AttributableChange>): AttributableChange => ({
    resourceType: 'conditionalAccessPolicy',
    resourceKey: '123456789',
    changeType: 'modified',
    path: '/grantControls/builtInControls',
    before: ['mfa'],
    after: [],
    modifiedAt: null,
    since: new Date('2024-01-01T00:00:00Z'),
    ...part,
  });

  it('proves that MFA was taken out of a policy, though the log writes MFA in capitals', () => {
    const verdict = attributeChange(change({}), events('azure_mfa_disabled.0.json'));
    expect(verdict).toMatchObject({ attribution: 'exact', actor: { type: 'user', id: '123456789b' } });
  });

  it('does not prove with the same event what it did not write', () => {
    const state = change({ path: '/state', before: 'enabled', after: 'disabled' });
    expect(attributeChange(state, events('azure_mfa_disabled.0.json')).attribution).toBe('probable');
  });

  it('proves that a policy was deleted', () => {
    const removed = change({
      resourceKey: '5e3cb481-2814-4295-b4cc-2440a6d66c86',
      changeType: 'removed',
      path: '',
      before: { state: 'enabled' },
      after: null,
    });
    expect(attributeChange(removed, events('azure_policy_changed.0.json')).attribution).toBe('exact');
  });

  it('finds who added a credential to a service principal', () => {
    const path = '/passwordCredentials/00000000-1111-4222-8333-444444444444';
    const credential = change({
      resourceType: 'servicePrincipal',
      resourceKey: 'sp-app-456',
      path,
      before: null,
      after: {},
    });
    expect(attributeChange(credential, events('azure_service_principal_credentials_added.0.json'))).toMatchObject({
      attribution: 'probable',
      actor: { type: 'user' },
    });
  });

  const by = (kind: string, name: string, part: Partial<AttributableChange>, grade: string): Kind => [
    kind,
    name,
    part,
    grade,
  ];
  type Kind = [kind: string, name: string, part: Partial<AttributableChange>, grade: string];
  const whole = { path: '', before: null, after: {}, changeType: 'added' } as const;
  const KINDS: Kind[] = [
    by('a policy is edited', 'azure_mfa_disabled.0', {}, 'exact'),
    by('the core directory tells of the same edit', 'azure_mfa_disabled.2', { resourceKey: '12351254' }, 'probable'),
    by(
      'a policy is deleted',
      'azure_policy_changed.1',
      { ...whole, resourceKey: '123451516', changeType: 'removed' },
      'probable',
    ),
    by(
      'an identity provider is put behind a method',
      'azure_auth_methods_policy_oidc_change.0',
      {
        resourceType: 'authenticationMethodConfiguration',
        resourceKey: 'x',
        path: '/openIdConnectSetting/discoveryUrl',
        before: 'https://login.microsoftonline.com/tenant-abc/.well-known/openid-configuration',
        after: 'https://attacker-idp.evil.com/.well-known/openid-configuration',
      },
      'exact',
    ),
    by(
      'the methods policy is edited',
      'azure_auth_methods_policy_oidc_change.1',
      {
        resourceType: 'authenticationMethodsPolicy',
        resourceKey: 'authenticationMethodsPolicy',
        path: '/policyMigrationState',
        before: 'a',
        after: 'b',
      },
      'probable',
    ),
    by(
      'a domain signs in otherwise',
      'azure_domain_trust_settings_modified.1',
      {
        resourceType: 'domain',
        resourceKey: 'normal.company.com',
        path: '/authenticationType',
        before: 'Managed',
        after: 'Federated',
      },
      'probable',
    ),
    by(
      'another domain does',
      'azure_domain_trust_settings_modified.1',
      {
        resourceType: 'domain',
        resourceKey: 'another.company.com',
        path: '/authenticationType',
        before: 'Managed',
        after: 'Federated',
      },
      'none',
    ),
    by(
      'an event that names no domain',
      'azure_domain_trust_settings_modified.0',
      {
        resourceType: 'domain',
        resourceKey: 'normal.company.com',
        path: '/authenticationType',
        before: 'Managed',
        after: 'Federated',
      },
      'none',
    ),
    by(
      'a role is given in PIM',
      'azure_role_changed_pim.0',
      { ...whole, resourceType: 'roleAssignment', resourceKey: '12345|12345|/' },
      'exact',
    ),
    by(
      'a role is only asked for',
      'azure_role_changed_pim.1',
      { ...whole, resourceType: 'roleAssignment', resourceKey: '12345|12345|/' },
      'none',
    ),
    by(
      'a role is given',
      'azure_role_changed_pim.2',
      { ...whole, resourceType: 'roleAssignment', resourceKey: '12345|12345|/' },
      'exact',
    ),
    by(
      'another role is given to the same person',
      'azure_role_changed_pim.2',
      { ...whole, resourceType: 'roleAssignment', resourceKey: '12345|another|/' },
      'none',
    ),
    by(
      'a role of Azure is taken away',
      'azure_elevate_user_access_admin.1',
      { ...whole, resourceType: 'roleAssignment', resourceKey: 'user-former-888|r|/', changeType: 'removed' },
      'none',
    ),
    by(
      'a service principal is new',
      'azure_service_principal_credentials_added.1',
      { ...whole, resourceType: 'servicePrincipal', resourceKey: 'sp-new-789' },
      'probable',
    ),
    by(
      'a guest is invited, which is no edit of an account',
      'azure_invite_external_users.0',
      { resourceType: 'user', resourceKey: '123456789', path: '/userType', before: 'Guest', after: 'Member' },
      'none',
    ),
  ];
  it.each(KINDS)('%s (%s)', (_kind, name, part, grade) => {
    const [event] = events(`${name}.json`);
    const verdict = attributeChange(change(part), event === undefined ? [] : [event]);
    expect(verdict.attribution).toBe(grade);
    expect(verdict.actor).toEqual(grade === 'none' ? null : event?.initiator);
    expect(event?.initiator).toMatchObject({ type: 'user', id: expect.stringMatching(/.+/) });
  });

  it('reads every event of the set, and drops those that failed or are sign-ins', () => {
    const names = readdirSync(folder).filter((name) => name.endsWith('.json'));
    const kept = names.filter((name) => events(name).length === 1);
    const expected = names.filter((name) => {
      const { activityDisplayName, result } = read(name);
      return typeof activityDisplayName === 'string' && (result ?? 'success') === 'success';
    });
    expect(kept).toEqual(expected);
    expect(kept.length).toBeGreaterThan(15);
  });
});
