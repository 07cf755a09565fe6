import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import type { Json, JsonObject } from '../../crypto/canonical-json.js';
import { at } from '../normalise/json-members.js';
import { NORMALISER_VERSION } from '../normalise/normalise-object.js';
import { snapshotLines } from '../snapshot/snapshot-lines.js';
import { collected } from './collected.js';
import { compareExports } from './compare-exports.js';
import { ExportError } from './export-error.js';
import { readExport } from './read-export.js';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'export-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

function write(path: string, content: string | Buffer): string {
  const file = join(folder, path);
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, content);
  return file;
}

function utf16be(text: string): Buffer {
  return Buffer.from(text, 'utf16le').swap16();
}

const POLICY = {
  Id: '1',
  DisplayName: 'Zugriff für alle',
  State: 'enabled',
  Conditions: { Users: { IncludeUsers: 'All', ExcludeUsers: null } },
  AdditionalProperties: {},
};
const SCUBA = (more: Record<string, Json> = {}) =>
  JSON.stringify({ module_version: '1.5.0', conditional_access_policies: [POLICY], ...more });

async function messageOf(path: string): Promise<string> {
  const error: unknown = await readExport(path).catch((thrown: unknown) => thrown);
  expect(error).toBeInstanceOf(ExportError);
  return (error as ExportError).message.replaceAll(folder, '');
}

describe('encodings', () => {
  test.each<[string, (text: string) => Buffer]>([
    ['UTF-8', (text) => Buffer.from(text)],
    ['UTF-8 with a byte order mark', (text) => Buffer.from(`\ufeff${text}`)],
    ['UTF-16LE', (text) => Buffer.from(text, 'utf16le')],
    ['UTF-16LE with a byte order mark', (text) => Buffer.from(`\ufeff${text}`, 'utf16le')],
    ['UTF-16BE', utf16be],
    ['UTF-16BE with a byte order mark', (text) => utf16be(`\ufeff${text}`)],
  ])('%s is read', async (_name, encode) => {
    const snapshot = await readExport(write('a.json', encode(SCUBA())));
    expect(snapshot.types.get('conditionalAccessPolicy')?.objects[0]?.displayName).toBe('Zugriff für alle');
  });
});

describe('a ScubaGear export', () => {
  test('is found in a folder', async () => {
    write('ProviderSettingsExport.json', SCUBA());
    expect((await readExport(folder)).source).toBe('scubagear');
  });

  test("gets Graph's names back and its arrays of one", async () => {
    const [object] = (await readExport(write('a.json', SCUBA()))).types.get('conditionalAccessPolicy')?.objects ?? [];
    expect(object?.value).toEqual({
      displayName: 'Zugriff für alle',
      state: 'enabled',
      conditions: { users: { includeUsers: ['All'] } },
    });
  });

  test('a section of one object that lost its list is the same as the list', async () => {
    const one = await readExport(write('a.json', SCUBA({ conditional_access_policies: POLICY })));
    expect(one.types.get('conditionalAccessPolicy')?.objects).toHaveLength(1);
  });

  test('what the exporter says failed is failed, whatever the section holds', async () => {
    const file = write(
      'a.json',
      SCUBA({
        conditional_access_policies: [],
        aad_unsuccessful_commands: ['Get-MgBetaIdentityConditionalAccessPolicy'],
      }),
    );
    expect((await readExport(file)).types.get('conditionalAccessPolicy')).toMatchObject({
      status: 'failed',
      reason: 'ScubaGear says that Get-MgBetaIdentityConditionalAccessPolicy failed',
    });
  });

  test.each<[string, Json, string]>([
    ['an error message', 'ERROR: timeout', 'failed'],
    ['a number', 7, 'failed'],
    ['lists instead of objects', [[[[]]]], 'partial'],
    ['an object among errors', [POLICY, 'ERROR: timeout'], 'partial'],
  ])('a section that holds %s is never "everything deleted"', async (_what, content, status) => {
    const whole = write('whole.json', SCUBA());
    const broken = write('broken.json', SCUBA({ conditional_access_policies: content }));
    expect((await readExport(broken)).types.get('conditionalAccessPolicy')?.status).toBe(status);
    const { report } = await compareExports(whole, broken);
    expect(report).toMatchObject({ complete: false, changes: [] });
    expect(report.incomplete.map(({ resourceType }) => resourceType)).toContain('conditionalAccessPolicy');
  });

  test('what its JSON writer cut off is named and not compared', async () => {
    const policy = {
      Id: 'authenticationMethodsPolicy',
      PolicyMigrationState: 'migrationComplete',
      SystemCredentialPreferences: {
        IncludeTargets: 'Microsoft.Graph.Beta.PowerShell.Models.MicrosoftGraphIncludeTarget',
      },
    };
    const file = write(
      'a.json',
      SCUBA({
        authentication_method: [
          {
            ...policy,
            AuthenticationMethodConfigurations: [
              'Microsoft.Graph.Beta.PowerShell.Models.MicrosoftGraphAuthenticationMethodConfiguration',
            ],
          },
        ],
      }),
    );
    const { types } = await readExport(file);
    expect(types.get('authenticationMethodsPolicy')?.notCarried).toEqual([
      '/systemCredentialPreferences/includeTargets',
    ]);
    expect(types.get('authenticationMethodConfiguration')?.status).toBe('failed');
  });

  test('rules of PIM groups are not rules of the role, activations are not assignments', async () => {
    const role: JsonObject = {
      RoleTemplateId: 'r',
      DisplayName: 'Role',
      Rules: [
        { Id: 'A', RuleSource: 'Role', RuleSourceType: 'Directory Role' },
        { Id: 'A', RuleSource: 'Group', RuleSourceType: 'PIM Group' },
      ],
      Assignments: [
        { PrincipalId: 'p', RoleDefinitionId: 'r', DirectoryScopeId: '/', AssignmentType: 'Activated' },
        { principalId: 'q', roleDefinitionId: 'r', directoryScopeId: '/', assignmentType: 'Assigned' },
      ],
    };
    const { types } = await readExport(write('a.json', SCUBA({ privileged_roles: [role] })));
    expect(types.get('roleManagementRule')?.objects.map(({ key }) => key)).toEqual(['r|A']);
    expect(types.get('roleAssignment')?.objects.map(({ key }) => key)).toEqual(['q|r|/|']);
    expect(types.get('roleAssignment')?.scope).toEqual({ member: 'roleDefinitionId', values: ['r'] });
  });
});

describe('folders', () => {
  test('of IntuneManagement', async () => {
    write(
      'ConditionalAccess/a.json',
      Buffer.from(`\ufeff${JSON.stringify({ id: '1', displayName: 'a', '@odata.type': 'x' })}`, 'utf16le'),
    );
    write('MigrationTable.json', JSON.stringify({ TenantId: 'tenant' }));
    const snapshot = await readExport(folder);
    expect(snapshot).toMatchObject({ source: 'intunemanagement', tenantId: 'tenant' });
    expect(snapshot.types.get('conditionalAccessPolicy')?.objects[0]?.value).toEqual({ displayName: 'a' });
  });

  test('of EntraExporter, nested or flat, with owners', async () => {
    write('Identity/Conditional/AccessPolicies/1/1.json', JSON.stringify({ id: '1', displayName: 'a' }));
    write(
      'Policies/AuthorizationPolicy/authorizationPolicy.json',
      JSON.stringify({ id: 'authorizationPolicy', allowInvitesFrom: 'everyone' }),
    );
    write('Applications/app/app.json', JSON.stringify({ id: 'app', displayName: 'b' }));
    write('Applications/app/Owners/o/o.json', JSON.stringify({ id: 'o', displayName: 'someone' }));
    const snapshot = await readExport(folder);
    expect([...snapshot.types.keys()].sort()).toEqual([
      'application',
      'authorizationPolicy',
      'conditionalAccessPolicy',
    ]);
    expect(at(snapshot.types.get('application')?.objects[0]?.value, '/owners')).toEqual({ o: { id: 'o' } });
  });

  test('of EntraExporter, policies and what stands in single files', async () => {
    const definition = [JSON.stringify({ TokenLifetimePolicy: { AccessTokenLifetime: '01:00:00' } })];
    write('Policies/TokenLifetimePolicy/t/t.json', JSON.stringify({ id: 't', displayName: 'a', definition }));
    write(
      'Policies/PermissionGrantPolicies/p/p.json',
      JSON.stringify({ id: 'p', displayName: 'b', includes: [{ id: 'made anew', permissionType: 'application' }] }),
    );
    write(
      'Policies/CrossTenantAccessPolicy/Default/Default.json',
      JSON.stringify({ inboundTrust: { isMfaAccepted: true } }),
    );
    write(
      'Policies/CrossTenantAccessPolicy/Partners/x/x.json',
      JSON.stringify({ tenantId: 'x', isServiceProvider: true }),
    );
    write('Organization/Organization.json', JSON.stringify([{ id: 'o', displayName: 'c', city: 'Utrecht' }]));
    write(
      'Organization/CertificateBasedAuthConfiguration.json',
      JSON.stringify({ id: 'k', certificateAuthorities: { issuerSki: 'A', certificate: 'MIIB' } }),
    );
    write(
      'Directory/OnPremisesSynchronization.json',
      JSON.stringify({ id: 'o', features: { blockSoftMatchEnabled: true } }),
    );
    write('AdministrativeUnits/u/u.json', JSON.stringify({ id: 'u', displayName: 'd' }));
    write('AdministrativeUnits/u/Members/m/m.json', JSON.stringify({ id: 'm' }));
    write(
      'AdministrativeUnits/u/ScopedRoleMembers/s/s.json',
      JSON.stringify({ id: 's', roleId: 'r', roleMemberInfo: { id: 'm', displayName: 'somebody' } }),
    );
    const { types, tenantId } = await readExport(folder);
    expect(tenantId).toBe('o');
    const values = [...types].map(([type, { objects }]) => [type, objects.map(({ value }) => value)]);
    expect(Object.fromEntries(values)).toEqual({
      tokenLifetimePolicy: [
        { displayName: 'a', definition: { TokenLifetimePolicy: { AccessTokenLifetime: '01:00:00' } } },
      ],
      permissionGrantPolicy: [{ displayName: 'b', includes: [{ permissionType: 'application' }] }],
      crossTenantAccessDefault: [{ inboundTrust: { isMfaAccepted: true } }],
      crossTenantAccessPartner: [{ isServiceProvider: true }],
      organization: [{ displayName: 'c' }],
      certificateBasedAuthConfiguration: [{ certificateAuthorities: { A: { issuerSki: 'A', certificate: 'MIIB' } } }],
      onPremisesSynchronization: [{ features: { blockSoftMatchEnabled: true } }],
      administrativeUnit: [
        {
          displayName: 'd',
          members: { m: { id: 'm' } },
          scopedRoleMembers: { 'r|m': { roleId: 'r', principalId: 'm' } },
        },
      ],
    });
    expect(types.get('crossTenantAccessPartner')?.notCarried).toEqual(['/identitySynchronization']);
  });
});

describe('our own export', () => {
  const snapshot = (objects: Parameters<typeof collected>[1]) => ({
    source: 'blindspotx' as const,
    tenantId: 'tenant',
    takenAt: '2026-01-01T00:00:00.000Z',
    types: new Map([['conditionalAccessPolicy' as const, collected('conditionalAccessPolicy', objects)]]),
  });
  const lines = (objects: Parameters<typeof collected>[1]) =>
    [...snapshotLines(snapshot(objects), NORMALISER_VERSION)].join('');

  test('reads back as what was written', async () => {
    const objects: JsonObject[] = [{ id: '1', displayName: 'a' }, { displayName: 'without id' }];
    expect(await readExport(write('x', lines(objects)))).toEqual(snapshot(objects));
  });

  test('is compared line by line as in memory, whatever the order of lines and members', async () => {
    const policy = (id: string, state: string) => ({
      id,
      displayName: id,
      state,
      conditions: { clientAppTypes: ['all'] },
    });
    const before = write('before', lines([policy('1', 'enabled'), policy('2', 'enabled'), policy('3', 'enabled')]));
    const text = lines([policy('3', 'enabled'), policy('1', 'disabled'), policy('4', 'enabled')]);
    const reordered = text.replace(
      '{"conditions":{"clientAppTypes":["all"]},"displayName":"3"',
      '{"displayName":"3","conditions":{"clientAppTypes":["all"]}',
    );
    expect(reordered).not.toBe(text);
    const after = write('after', reordered);
    const { report } = await compareExports(before, after);
    expect(report.changes.map(({ changeType, resourceKey }) => [changeType, resourceKey]).sort()).toEqual([
      ['added', '4'],
      ['modified', '1'],
      ['removed', '2'],
    ]);
  });

  test('windows line ends, a missing last one and a byte order mark do not matter', async () => {
    const text = `\ufeff${lines([{ id: '1', displayName: 'a' }])
      .replaceAll('\n', '\r\n')
      .trimEnd()}`;
    expect((await readExport(write('x', text))).types.get('conditionalAccessPolicy')?.objects).toHaveLength(1);
  });

  test('a type of a newer release is left out', async () => {
    const text = `${lines([{ id: '1', displayName: 'a' }])}{"type":"somethingNew","key":"1","value":{}}\n`;
    expect((await readExport(write('x', text))).types.size).toBe(1);
  });

  test.each([
    ['a broken line', (text: string) => `${text}{"type":`, /line 3 column \d+: it is not valid JSON/],
    [
      'a line that is no object',
      (text: string) => `${text}{"type":"user"}\n`,
      /line 3: "type", "key" and "value" are expected/,
    ],
    [
      'a later version',
      (text: string) => text.replace('"version":1', '"version":9'),
      /line 1: the export has version 9/,
    ],
  ])('%s is refused with its place', async (_name, spoil, message) => {
    expect(await messageOf(write('x', spoil(lines([{ id: '1', displayName: 'a' }]))))).toMatch(message);
  });
});

describe('what cannot be read', () => {
  test('a missing path', async () => {
    expect(await messageOf(join(folder, 'nothing'))).toBe('/nothing: there is no such file or folder');
  });

  test('broken JSON names file, line and column and quotes nothing of the content', async () => {
    const message = await messageOf(
      write('a.json', '{\n  "conditional_access_policies": [\n    {"Secret": "hunter2" oops}\n]}'),
    );
    expect(message).toMatch(/^\/a\.json line 3 column 26: it is not valid JSON \([^\n]+\)$/);
    expect(message).not.toContain('hunter2');
  });

  test.each<[string, string | Buffer, RegExp]>([
    ['an empty file', '', /it is empty/],
    ['a list', '[]', /at \/: a JSON object is expected/],
    ['another JSON', '{"a":1}', /a ScubaGear ProviderSettingsExport\.json is expected/],
    ['ScubaGear without any product', '{"module_version":"1.0","teams":[]}', /holds no product that was assessed/],
    ['bytes that are no text', Buffer.from([0x7b, 0xff, 0x80, 0x81]), /neither UTF-8 nor UTF-16/],
  ])('%s', async (_name, content, message) => {
    expect(await messageOf(write('a.json', content))).toMatch(message);
  });

  test('an unknown file or folder says what is expected', async () => {
    expect(await messageOf(write('a.txt', 'hello'))).toMatch(
      /not an export that is known: a ScubaGear .* or the file of/,
    );
    expect(await messageOf(folder)).toMatch(/not an export that is known/);
  });

  test('one broken file of a folder stops the import and is named', async () => {
    write('ConditionalAccess/a.json', '{"id":"1"}');
    write('ConditionalAccess/b.json', '{"id":');
    expect(await messageOf(folder)).toMatch(/^\/ConditionalAccess\/b\.json line 1 column \d+: it is not valid JSON/);
  });

  test('an object that nests too deep makes its type partial, not the import fail', async () => {
    const deep = `{"module_version":"1","conditional_access_policies":[{"Id":"1","DisplayName":"x","Conditions":${'['.repeat(5000)}${']'.repeat(5000)}},{"Id":"2","DisplayName":"y"}]}`;
    const found = (await readExport(write('a.json', deep))).types.get('conditionalAccessPolicy');
    expect(found).toMatchObject({ status: 'partial', reason: expect.stringContaining('nests deeper') });
    expect(found?.objects).toHaveLength(1);
  });
});
