import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { READER_PERMISSIONS } from '../../demo/generate/permission-catalogue.js';
import { RESOURCE_TYPE_CATALOGUE } from '../../src/drift/resource-types/catalogue.js';
import { SCANNED_TYPES } from '../../src/drift/resource-types/resource-type.types.js';

const PAGE = readFileSync(resolve(__dirname, '../../docs/operations/connect-a-tenant.md'), 'utf8');
/** Who made a change is asked by the attribution, which is no resource type. */
const BESIDE = 'AuditLog.Read.All';

/** What is read with each permission, in the order of the catalogue. */
function byPermission(): Map<string, string[]> {
  const found = new Map<string, string[]>();
  for (const type of SCANNED_TYPES) {
    const { permission, title } = RESOURCE_TYPE_CATALOGUE[type];
    if (permission !== null) found.set(permission, [...(found.get(permission) ?? []), title]);
  }
  return found;
}

describe('docs/operations/connect-a-tenant.md', () => {
  test('lists each permission that a scan takes, with what it is for, and no other', () => {
    const rows = [...PAGE.matchAll(/^ +\| `([\w.]+)` \| (.+) \|$/gm)].map(([, permission, use]) => [permission, use]);
    const expected = [...byPermission()].map(([permission, titles]) => [permission, titles.join(', ')]);
    expect(rows).toEqual([...expected, [BESIDE, 'who made a change']]);
  });

  test('names what the demo tenant grants as well, so that the demo shows what a customer sees', () => {
    expect(READER_PERMISSIONS).toEqual(expect.arrayContaining([...byPermission().keys(), BESIDE]));
  });
});
