import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Json } from '../../src/crypto/canonical-json.js';
import { compareExports } from '../../src/drift/import/compare-exports.js';
import { readObjects } from '../../src/drift/import/folder-export.js';
import { readJsonFile } from '../../src/drift/import/read-json-file.js';
import { member } from '../../src/drift/normalise/json-members.js';
import type { ReportedChange } from '../../src/drift/report/drift-report.types.js';
import { EXPORTED_TYPES } from '../../src/drift/resource-types/resource-type.types.js';
import { rawDifferencesOfMatched, rawLeafDifferences } from './raw-leaf-differences.js';
import { describeWithData, sharedData } from './shared-data.js';

interface Golden {
  before: string;
  after: string;
  rawLeafDifferences: number;
  incomplete: string[];
  changes: GoldenChange[];
}

type GoldenChange = Pick<
  ReportedChange,
  'resourceType' | 'resourceKey' | 'changeType' | 'path' | 'direction' | 'severity' | 'rules' | 'matchedBy'
> & { reason: string };

/** Other products' settings have a test of their own. */
const isEntra = ({ resourceType }: { resourceType: string }) =>
  !(EXPORTED_TYPES as readonly string[]).includes(resourceType);

const GOLDEN = join(__dirname, 'golden');

for (const file of readdirSync(GOLDEN)) {
  const golden: Golden = JSON.parse(readFileSync(join(GOLDEN, file), 'utf8'));
  describeWithData(golden.before, file, () => {
    const compared = () => compareExports(sharedData(golden.before), sharedData(golden.after));

    test('reports exactly the changes that somebody read out of the two files', async () => {
      const { report } = await compared();
      expect(report.changes.filter(isEntra).map(comparable).sort(byPlace)).toEqual(
        golden.changes.map(comparable).sort(byPlace),
      );
    });

    test('every expected change has its reason in a line', () => {
      for (const { reason } of golden.changes) expect(reason).toMatch(/^[^\n]{15,}$/);
    });

    test('lists the types that one of the two exports cannot answer for', async () => {
      const { report } = await compared();
      const ofEntra = report.incomplete.filter(isEntra);
      expect(ofEntra.map(({ resourceType }) => resourceType).sort()).toEqual(golden.incomplete);
      expect(report.complete).toBe(report.incomplete.length === 0);
    });

    test('a naive comparison of the same objects finds as many leaves as counted', async () => {
      const count = file.startsWith('scubagear') ? rawScubaGear : rawFolders;
      expect(await count(sharedData(golden.before), sharedData(golden.after))).toBe(golden.rawLeafDifferences);
    });

    test('nothing is reported between an export and itself', async () => {
      const { report } = await compareExports(sharedData(golden.before), sharedData(golden.before));
      expect(report.changes).toEqual([]);
    });
  });
}

function comparable(change: Omit<GoldenChange, 'reason'>): Omit<GoldenChange, 'reason'> {
  const { resourceType, resourceKey, changeType, path, direction, severity, rules, matchedBy } = change;
  return { resourceType, resourceKey, changeType, path, direction, severity, rules, matchedBy };
}

function byPlace(a: Omit<GoldenChange, 'reason'>, b: Omit<GoldenChange, 'reason'>): number {
  const place = (one: Omit<GoldenChange, 'reason'>) =>
    [one.resourceType, one.resourceKey, one.path, one.changeType].join('\n');
  return place(a) < place(b) ? -1 : 1;
}

/** Section of a ScubaGear export and what its objects are told apart by; null: compared as a whole. */
const SECTIONS: [string, string | null][] = [
  ['conditional_access_policies', 'Id'],
  ['authorization_policies', 'Id'],
  ['admin_consent_policies', null],
  ['directory_settings', 'TemplateId'],
  ['domain_settings', 'Id'],
  ['authentication_method', null],
  ['privileged_roles', 'RoleTemplateId'],
];

async function rawScubaGear(before: string, after: string): Promise<number> {
  const [was, is] = [await readJsonFile(before), await readJsonFile(after)];
  let sum = 0;
  for (const [section, by] of SECTIONS) {
    const [x, y] = [member(was, section), member(is, section)];
    if (x === undefined || y === undefined) continue;
    sum += by === null ? rawLeafDifferences(x, y) : rawDifferencesOfMatched(listOf(x), listOf(y), by);
  }
  const users = (root: Json) => Object.entries((member(root, 'privileged_users') ?? {}) as Record<string, Json>);
  const named = (root: Json) => users(root).map(([id, user]): Json => ({ id, user }));
  return sum + rawDifferencesOfMatched(named(was), named(is), 'id');
}

async function rawFolders(before: string, after: string): Promise<number> {
  let sum = 0;
  for (const folder of ['ConditionalAccess', 'NamedLocations', 'Groups']) {
    const was = (await readObjects(join(before, folder))) ?? [];
    const is = (await readObjects(join(after, folder))) ?? [];
    const by = is.every((object) => member(object, 'id') !== undefined) ? 'id' : 'displayName';
    sum += rawDifferencesOfMatched(was, is, by);
  }
  return sum;
}

function listOf(value: Json): Json[] {
  return Array.isArray(value) ? value : [value];
}
