import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import type { JsonObject } from '../../crypto/canonical-json.js';
import { collected } from '../import/collected.js';
import type { ResourceType } from '../resource-types/resource-type.types.js';
import type { TenantSnapshot } from '../snapshot/snapshot.types.js';
import { CONTROLS, controlById } from './catalogue.js';
import { controlInput, NOTHING_ALLOWED, sourceOf } from './control-input.js';
import { evaluateBaseline, evaluateControl } from './evaluate-controls.js';
import { POLICY_TESTS } from './policy-tests.js';

function verdict(id: string, objects: Partial<Record<ResourceType, JsonObject[]>>, allowed = NOTHING_ALLOWED): string {
  const types = new Map(
    Object.entries(objects).map(([type, raws]) => [type as ResourceType, collected(type as ResourceType, raws)]),
  );
  const snapshot: TenantSnapshot = { source: 'graph', tenantId: null, takenAt: null, types };
  const control = controlById(id);
  if (control === undefined) throw new Error(`there is no ${id}`);
  const result = evaluateControl(control, controlInput(sourceOf(snapshot), allowed));
  // Words say why, and which objects.
  if (result.verdict === 'not-met') {
    expect(result.reason).toMatch(/\w.{15,}/);
    for (const { finding } of result.evidence.slice(0, 1))
      expect(`${result.reason}`.length).toBeGreaterThan(finding.length);
  } else expect(result.reason === null).toBe(result.verdict === 'met');
  return result.verdict;
}

/** A policy that is about everybody and everything, and blocks or asks as `part` says. */
function policy({ users, applications, conditions, ...part }: Record<string, JsonObject | string>): JsonObject {
  return {
    id: 'p',
    displayName: 'a policy',
    state: 'enabled',
    conditions: {
      users: { includeUsers: ['All'], ...(users as JsonObject) },
      applications: { includeApplications: ['All'], ...(applications as JsonObject) },
      ...(conditions as JsonObject),
    },
    ...part,
  };
}

const BLOCK = { builtInControls: ['block'], operator: 'OR' };
const LEGACY = { clientAppTypes: ['other', 'exchangeActiveSync'] };

describe('a control of Conditional Access', () => {
  const legacy = (part: Record<string, JsonObject | string> = {}) => ({
    conditionalAccessPolicy: [policy({ conditions: LEGACY, grantControls: BLOCK, ...part })],
  });

  test('that is not met names the policy that comes nearest and what it lacks, or says that there is none', () => {
    const reasonOf = (objects: Parameters<typeof verdict>[1]) => {
      const types = new Map([
        [
          'conditionalAccessPolicy' as const,
          collected('conditionalAccessPolicy', objects.conditionalAccessPolicy ?? []),
        ],
      ]);
      const input = controlInput(sourceOf({ source: 'graph', tenantId: null, takenAt: null, types }), NOTHING_ALLOWED);
      const [result] = evaluateBaseline(input).filter(({ id }) => id === 'MS.AAD.1.1');
      return result?.reason;
    };
    expect(reasonOf({})).toBe(
      'There is no Conditional Access policy, and it takes one that covers legacy clients and blocks',
    );
    expect(reasonOf(legacy({ state: 'disabled', grantControls: { builtInControls: ['mfa'] } }))).toBe(
      'No policy of 1 meets it, which takes one that covers legacy clients and blocks. ' +
        'Nearest: "a policy" is not one that blocks and is enforced',
    );
  });

  test('is met by one policy that does it all', () => expect(verdict('MS.AAD.1.1', legacy())).toBe('met'));

  test.each([
    ['only reports', { state: 'enabledForReportingButNotEnforced' }],
    ['is not for everybody', { users: { includeUsers: ['somebody'] } }],
    ['is not for everything', { applications: { includeApplications: ['one'] } }],
    ['leaves a user out', { users: { excludeUsers: ['u'] } }],
    ['leaves a group out', { users: { excludeGroups: ['g'] } }],
    ['leaves a role out', { users: { excludeRoles: ['r'] } }],
    ['leaves guests out', { users: { excludeGuestsOrExternalUsers: { guestOrExternalUserTypes: 'internalGuest' } } }],
    ['leaves an application out', { applications: { excludeApplications: ['a'] } }],
    ['covers half of the legacy clients', { conditions: { clientAppTypes: ['other'] } }],
    ['does not block', { grantControls: { builtInControls: ['mfa'], operator: 'OR' } }],
  ] as [string, Record<string, JsonObject | string>][])('is not met by a policy that %s', (_, part) =>
    expect(verdict('MS.AAD.1.1', legacy(part))).toBe('not-met'),
  );

  test('lets accounts for emergencies be left out', () => {
    const objects = legacy({ users: { excludeUsers: ['U-1'] } });
    expect(verdict('MS.AAD.1.1', objects, { breakGlassIds: new Set(['u-1']) })).toBe('met');
    const other = { breakGlassIds: new Set<string>(), byControl: new Map([['MS.AAD.2.1', new Set(['u-1'])]]) };
    expect(verdict('MS.AAD.1.1', objects, other)).toBe('not-met');
  });

  test('is not assessed where policies were not read', () => expect(verdict('MS.AAD.1.1', {})).toBe('not-assessed'));

  test.each(Object.entries(POLICY_TESTS))('%s tells a path that it reads', (_, { path, says }) => {
    expect(path).toMatch(/^\//);
    expect(says).not.toBe('');
  });
});

describe('controls of settings, both ways', () => {
  const authorization = (part: JsonObject) => ({ authorizationPolicy: [{ id: 'authorizationPolicy', ...part }] });
  const setting = (value: string) => ({
    groupSetting: [{ id: 's', templateId: 't', values: [{ name: 'EnableAdminConsentRequests', value }] }],
  });
  const root = { id: 'a.example', isRoot: true, isVerified: true, authenticationType: 'Managed' };
  const permanent = {
    principalId: 'p',
    roleDefinitionId: '62e90394-69f5-4237-9190-012177145e10',
    directoryScopeId: '/',
  };
  const ends = { endDateTime: '2027-01-01T00:00:00Z', startDateTime: '2026-01-01T00:00:00Z' };
  const rule = (id: string, part: JsonObject, role = '62e90394-69f5-4237-9190-012177145e10') => ({
    roleManagementRule: [{ id, roleDefinitionId: role, ...part }],
  });
  const told = { notificationRecipients: ['a@b.example'], notificationType: 'Email' };
  const methods = (state: string) => ({ authenticationMethodConfiguration: [{ id: 'Sms', state }] });

  test.each([
    ['MS.AAD.3.4', { authenticationMethodsPolicy: [{ policyMigrationState: 'migrationComplete' }] }, 'met'],
    ['MS.AAD.3.4', { authenticationMethodsPolicy: [{ policyMigrationState: 'preMigration' }] }, 'not-met'],
    ['MS.AAD.3.5', methods('disabled'), 'met'],
    ['MS.AAD.3.5', methods('enabled'), 'not-met'],
    ['MS.AAD.5.1', authorization({ defaultUserRolePermissions: { allowedToCreateApps: false } }), 'met'],
    ['MS.AAD.5.1', authorization({ defaultUserRolePermissions: { allowedToCreateApps: true } }), 'not-met'],
    ['MS.AAD.5.3', setting('True'), 'met'],
    ['MS.AAD.5.3', setting('false'), 'not-met'],
    ['MS.AAD.6.1', { domain: [root] }, 'met'],
    ['MS.AAD.6.1', { domain: [{ ...root, passwordValidityPeriodInDays: 90 }] }, 'not-met'],
    ['MS.AAD.7.4', { roleAssignment: [{ ...permanent, ...ends }] }, 'met'],
    ['MS.AAD.7.4', { roleAssignment: [permanent] }, 'not-met'],
    ['MS.AAD.7.5', { roleAssignment: [{ ...permanent, ...ends }] }, 'met'],
    ['MS.AAD.7.5', { roleAssignment: [{ ...permanent, startDateTime: null }] }, 'not-met'],
    ['MS.AAD.7.6', rule('Approval_EndUser_Assignment', { setting: { isApprovalRequired: true } }), 'met'],
    ['MS.AAD.7.6', rule('Approval_EndUser_Assignment', { setting: { isApprovalRequired: false } }), 'not-met'],
    ['MS.AAD.7.7', rule('Notification_Admin_Admin_Assignment', told), 'met'],
    ['MS.AAD.7.7', rule('Notification_Admin_Admin_Eligibility', {}), 'not-met'],
    ['MS.AAD.7.8', rule('Notification_Admin_EndUser_Assignment', told), 'met'],
    ['MS.AAD.7.8', rule('Notification_Admin_EndUser_Assignment', {}), 'not-met'],
    ['MS.AAD.8.1', authorization({ guestUserRoleId: '2af84b1e-32c8-42b7-82bc-daa82404023b' }), 'met'],
    ['MS.AAD.8.1', authorization({ guestUserRoleId: 'a0b1b346-4d3e-4e8b-98f8-753987be4970' }), 'not-met'],
    ['MS.AAD.8.2', authorization({ allowInvitesFrom: 'adminsAndGuestInviters' }), 'met'],
    ['MS.AAD.8.2', authorization({ allowInvitesFrom: 'everyone' }), 'not-met'],
    ['EIDSCA.AP01', authorization({ allowedToUseSSPR: false }), 'met'],
    ['EIDSCA.AP01', authorization({ allowedToUseSSPR: true }), 'not-met'],
    ['EIDSCA.AP09', authorization({ allowUserConsentForRiskyApps: false }), 'met'],
    ['EIDSCA.AP09', authorization({ allowUserConsentForRiskyApps: true }), 'not-met'],
    ['EIDSCA.CP04', setting('true'), 'met'],
    ['EIDSCA.CP04', setting('false'), 'not-met'],
    ['EIDSCA.PR06', setting('true'), 'not-assessed'],
    ['EIDSCA.AG01', { authenticationMethodsPolicy: [{ policyMigrationState: 'migrationComplete' }] }, 'met'],
    ['EIDSCA.AG01', { authenticationMethodsPolicy: [{ policyMigrationState: 'preMigration' }] }, 'not-met'],
  ] as [string, Partial<Record<ResourceType, JsonObject[]>>, string][])('%s of %j is %s', (id, objects, expected) =>
    expect(verdict(id, objects)).toBe(expected),
  );
});

test('docs/controls.md lists exactly the controls, with their words', () => {
  const page = readFileSync(resolve(__dirname, '../../../docs/controls.md'), 'utf8');
  const rows = page.split('\n').filter((line) => /^\| ((MS\.)?AAD|EIDSCA)\./.test(line));
  expect(rows).toEqual(
    CONTROLS.map(
      ({ id, level, title, references, notAutomated, retired }) =>
        `| ${id} | ${level.toUpperCase()} | ${title} | ${references.join(', ') || '-'} | ${notAutomated ?? retired ?? ''} |`,
    ),
  );
});
