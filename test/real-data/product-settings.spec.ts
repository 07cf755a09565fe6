import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Json, JsonObject } from '../../src/crypto/canonical-json.js';
import { compareExports } from '../../src/drift/import/compare-exports.js';
import { readExport } from '../../src/drift/import/read-export.js';
import { readJsonFile } from '../../src/drift/import/read-json-file.js';
import { isObject, text } from '../../src/drift/normalise/json-members.js';
import { EXPORTED_TYPES } from '../../src/drift/resource-types/resource-type.types.js';
import { describeWithData, sharedData } from './shared-data.js';

const TENANT = 'scubagear-tenant';
const isProduct = ({ resourceType }: { resourceType: string }) =>
  (EXPORTED_TYPES as readonly string[]).includes(resourceType);
/** Where a version of the exporter wrote sections of a product in another place, or not at all. */
const LACKS: Record<string, string[]> = { '2023-03-21': ['powerPlatformSetting'] };
/** How many changes of products two neighbouring exports differ by. They are of two tenants before 2024. */
const CHANGES: Record<string, number> = {
  '2023-03-21': 94,
  '2023-11-15': 135,
  '2024-04-03': 59,
  '2024-06-05': 63,
  '2024-08-02': 36,
};

describeWithData(TENANT, "settings of every product in CISA's exports", () => {
  const files = () =>
    readdirSync(sharedData(TENANT))
      .filter((name) => name.endsWith('.json'))
      .sort();
  const path = (name: string) => sharedData(`${TENANT}/${name}`);
  const date = (name: string) => name.slice(0, 10);

  test('every section of every export is read: nothing that is there is not assessed', async () => {
    for (const name of files()) {
      const { types } = await readExport(path(name));
      const lacking = EXPORTED_TYPES.filter((type) => types.get(type)?.status === 'failed');
      expect([name, lacking]).toEqual([name, LACKS[date(name)] ?? []]);
      const faults = EXPORTED_TYPES.flatMap((type) => types.get(type)?.notAssessed ?? []);
      expect([name, faults]).toEqual([name, []]);
      expect(types.get('exchangeSetting')?.objects.length).toBeGreaterThan(7);
    }
  });

  test('neighbours differ by what changed, none of it an instant or who wrote it', async () => {
    const all = files();
    for (const [nth, name] of all.slice(1).entries()) {
      const before = all[nth] ?? '';
      const { report } = await compareExports(path(before), path(name));
      const changes = report.changes.filter(isProduct);
      expect([date(before), changes.length]).toEqual([date(before), CHANGES[date(before)]]);
      for (const { path: place, before: was, after: is } of changes) {
        expect(place).not.toMatch(/when(changed|created)|version$|organizationid|modifiedby|timestamp/i);
        if (typeof was === 'string' && typeof is === 'string') expect(`${was} ${is}`).not.toMatch(/Date\(/);
      }
    }
  });

  test('each against itself as another version would write it: reordered, re-dated, lists of one unwrapped', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'other-'));
    try {
      for (const name of files()) {
        const other = join(folder, name);
        writeFileSync(other, JSON.stringify(otherwise(await readJsonFile(path(name)))));
        for (const pair of [
          [path(name), other],
          [other, path(name)],
        ] as const) {
          const { report } = await compareExports(...pair);
          expect([name, report.changes.filter(isProduct)]).toEqual([name, []]);
        }
      }
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});

/** The members of the root stay in their order, as every version writes them. */
function otherwise(root: Json): Json {
  if (!isObject(root)) return root;
  return Object.fromEntries(
    Object.entries(root).map(([name, section]): [string, Json] => {
      if (!Array.isArray(section) || name.endsWith('_commands')) return [name, section];
      const entries = section.map(rewritten).reverse();
      return [name, entries.length === 1 ? (entries[0] ?? null) : entries];
    }),
  );
}

function rewritten(value: Json): Json {
  if (typeof value === 'string') {
    const millis = /^\/?Date\((-?\d+)\)\/?$/.exec(value)?.[1];
    return millis === undefined ? value : value.startsWith('/') ? `Date(${millis})` : `/Date(${millis})/`;
  }
  if (Array.isArray(value)) return value.map(rewritten).reverse();
  if (!isObject(value)) return value;
  const entries = Object.entries(value).map(([name, one]): [string, Json] => [name, rewritten(one)]);
  const object: JsonObject = Object.fromEntries(entries.reverse());
  return text(object, 'WhenChanged') === null ? object : { ...object, WhenChanged: '/Date(1790000000000)/' };
}
