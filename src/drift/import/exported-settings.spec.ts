import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Json, JsonObject } from '../../crypto/canonical-json.js';
import type { DriftReportDocument } from '../report/drift-report.types.js';
import { compareExports } from './compare-exports.js';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'settings-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

const RULE: JsonObject = {
  Name: 'No forwarding',
  Identity: 'No forwarding',
  Guid: '11111111-1111-4111-8111-111111111111',
  State: 'Enabled',
  Mode: 'Enforce',
  ExceptIfFrom: null,
  SenderDomainIs: ['a.example', 'b.example'],
  WhenChanged: '/Date(1600000000000)/',
};
const OTHER: JsonObject = { ...RULE, Name: 'Other', Identity: 'Other', Guid: '22222222-2222-4222-8222-222222222222' };

function exported(more: JsonObject = {}): JsonObject {
  return {
    module_version: '1.5.0',
    transport_rule: [RULE, OTHER],
    dkim_config: [null],
    spf_records: [
      { domain: 'a.example', rdata: [], log: [{ query_result: 'Query returned NXDomain' }] },
      { domain: 'b.example', rdata: ['v=spf1 -all'], log: [] },
    ],
    exo_successful_commands: ['Get-TransportRule', 'Get-DkimSigningConfig', 'Get-ScubaSpfRecords'],
    exo_unsuccessful_commands: [],
    SPO_tenant: [{ SharingCapability: 0, SharingAllowedDomainList: 'a.example b.example', StorageQuota: 1 }],
    SharePoint_successful_commands: ['Get-SPOTenant'],
    SharePoint_unsuccessful_commands: [],
    dlp_policies: { value: [{ name: 'p', displayName: 'P', etag: '1', environments: [{ id: 'x', kind: 'Sandbox' }] }] },
    powerplatform_successful_commands: ['Get-DlpPolicy'],
    powerplatform_unsuccessful_commands: [],
    ...more,
  };
}

async function compare(before: Json, after: Json): Promise<DriftReportDocument> {
  const [was, is] = [join(folder, 'before.json'), join(folder, 'after.json')];
  writeFileSync(was, JSON.stringify(before));
  writeFileSync(is, JSON.stringify(after));
  return (await compareExports(was, is)).report;
}

const told = ({ changes }: DriftReportDocument) =>
  changes.map(({ resourceType, resourceKey, changeType, path, direction, severity }) =>
    [resourceType, resourceKey.split('/')[0], changeType, path, direction, severity].join(' '),
  );
const reasonOf = ({ incomplete }: DriftReportDocument, type: string) =>
  incomplete.find(({ resourceType }) => resourceType === type)?.reason ?? '';

describe('settings of a product that has no types of its own', () => {
  test('two versions of an exporter, on one tenant, are no change', async () => {
    const before = exported();
    const newer = (rule: JsonObject): JsonObject => ({
      ...Object.fromEntries(Object.entries(rule).reverse()),
      SenderDomainIs: ['b.example', 'a.example'],
      WhenChanged: 'Date(1700000000000)',
      NewMember: true,
    });
    const after = exported({
      module_version: '1.9.0',
      transport_rule: [newer(OTHER), newer(RULE)],
      spf_records: [
        { domain: 'b.example', rdata: 'v=spf1 -all', log: [] },
        { domain: 'a.example', rdata: [], log: [{ query_result: 'Query returned 0 txt records' }] },
      ],
      dkim_config: [],
      SPO_tenant: { SharingCapability: 0, SharingAllowedDomainList: 'b.example a.example', StorageQuota: 99 },
      dlp_policies: [
        { value: [{ name: 'p', displayName: 'P', etag: '2', environments: { id: 'x', kind: 'Sandbox' } }] },
      ],
    });
    const report = await compare(before, after);
    expect(report.changes).toEqual([]);
    expect(reasonOf(report, 'exchangeSetting')).toMatch(/doesn't carry it: \/newMember$/);
    expect((await compare(after, before)).changes).toEqual([]);
  });

  test.each<[string, JsonObject, string[]]>([
    [
      'a rule was disabled',
      { transport_rule: [{ ...RULE, State: 'Disabled' }, OTHER] },
      ['exchangeSetting transport_rule modified /state loosening medium'],
    ],
    [
      'somebody is left out of a rule',
      { transport_rule: [{ ...RULE, ExceptIfFrom: ['x'] }, OTHER] },
      ['exchangeSetting transport_rule modified /exceptIfFrom loosening medium'],
    ],
    ['a rule is gone', { transport_rule: RULE }, ['exchangeSetting transport_rule removed  neutral medium']],
    [
      'all rules are gone',
      { transport_rule: [null] },
      ['removed', 'removed'].map((type) => `exchangeSetting transport_rule ${type}  neutral medium`),
    ],
    [
      'a rule was renamed',
      { transport_rule: [{ ...RULE, Name: 'Renamed', Identity: 'Renamed' }, OTHER] },
      ['exchangeSetting transport_rule modified /name neutral info'],
    ],
    [
      'a number that no word judges',
      { SPO_tenant: { SharingCapability: 2, SharingAllowedDomainList: 'a.example b.example' } },
      ['sharePointSetting SPO_tenant modified /sharingCapability neutral medium'],
    ],
    [
      'an element of a list that names itself',
      { dlp_policies: { value: [{ name: 'p', displayName: 'P', environments: [{ id: 'x', kind: 'Production' }] }] } },
      ['powerPlatformSetting dlp_policies modified /environments/x/kind neutral medium'],
    ],
  ])('%s', async (_what, after, expected) => {
    expect(told(await compare(exported(), exported(after)))).toEqual(expected);
  });

  test.each<[string, JsonObject, string, RegExp]>([
    [
      'its command failed',
      { transport_rule: [], exo_unsuccessful_commands: ['Get-TransportRule'], exo_successful_commands: [] },
      'exchangeSetting',
      /after: transport_rule: ScubaGear says that Get-TransportRule failed/,
    ],
    [
      'another command failed, and whose it was is unknown',
      { transport_rule: [null], exo_unsuccessful_commands: ['Get-Other'], exo_successful_commands: [] },
      'exchangeSetting',
      /after: transport_rule: it is empty, and ScubaGear says that Get-Other failed/,
    ],
    ['it holds an error message', { transport_rule: 'ERROR: x' }, 'exchangeSetting', /something else than objects/],
    ['an error stands among its objects', { transport_rule: [RULE, 'ERROR'] }, 'exchangeSetting', /something else/],
    [
      'nothing tells its objects apart',
      { transport_rule: [{ State: 'Enabled' }, { State: 'Disabled' }] },
      'exchangeSetting',
      /transport_rule: its objects have nothing to tell them apart by/,
    ],
    [
      'a name server did not answer',
      { spf_records: [{ domain: 'b.example', rdata: [], log: [{ query_result: 'Query timed out' }] }] },
      'exchangeSetting',
      /spf_records: a name server did not answer/,
    ],
  ])('where %s, the section is not assessed and nothing of it removed', async (_what, after, type, reason) => {
    for (const report of [await compare(exported(), exported(after)), await compare(exported(after), exported())]) {
      expect(report.changes).toEqual([]);
      expect(report.complete).toBe(false);
    }
    expect(reasonOf(await compare(exported(), exported(after)), type)).toMatch(reason);
    // Also where both sides lack it.
    expect(reasonOf(await compare(exported(after), exported(after)), type)).toMatch(reason);
  });

  test('a section and a product that only one has are not assessed; a product of later versions is read all the same', async () => {
    const { transport_rule: _, ...without } = exported();
    expect(reasonOf(await compare(exported(), without), 'exchangeSetting')).toMatch(
      /one of the two exports only: transport_rule/,
    );
    const { incomplete } = await compare(exported(), exported());
    expect(incomplete.map(({ resourceType, reason }) => `${resourceType}: ${reason}`)).toEqual(
      expect.arrayContaining([
        expect.stringMatching(/^teamsSetting: before and after: the export holds nothing about Teams/),
      ]),
    );
    const later = (on: boolean) =>
      exported({ tenant_thing: [{ Identity: 'Global', Enabled: on }], fabric_successful_commands: [] });
    expect(told(await compare(later(true), later(false)))).toEqual([
      'otherSetting tenant_thing modified /enabled loosening medium',
    ]);
  });
});
