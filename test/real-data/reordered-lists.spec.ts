import { readdirSync } from 'node:fs';
import type { Json, JsonObject } from '../../src/crypto/canonical-json.js';
import { diffValues } from '../../src/drift/diff/diff-values.js';
import { readJsonFile } from '../../src/drift/import/read-json-file.js';
import { isObject } from '../../src/drift/normalise/json-members.js';
import { normaliseValue } from '../../src/drift/normalise/normalise-value.js';
import { pathRulesOf } from '../../src/drift/normalise/path-patterns.js';
import { namedLocation } from '../../src/drift/resource-types/named-location.resource.js';
import type { ResourceTypeDefinition } from '../../src/drift/resource-types/resource-type.types.js';
import type { ValueChange } from '../../src/drift/snapshot/snapshot.types.js';
import { rawLeafDifferences } from './raw-leaf-differences.js';
import { describeWithData, sharedData } from './shared-data.js';

/** A list of applications as one object whose `apps` are keyed by their id; everything else of the type is unused. */
const APP_LIST: ResourceTypeDefinition = {
  ...namedLocation,
  ignore: [],
  sets: [],
  defaults: [],
  keyedLists: [{ path: '/apps', by: 'AppId' }],
};

const FOLDER = 'merill-microsoft-info/reorder-pairs-MicrosoftApps';

describeWithData(FOLDER, "Microsoft's application list, its order shuffled between two days", () => {
  test('first pair: 1,250 leaves differ by position, one source was corrected and one application is new', async () => {
    const [before, after] = await pair('1');
    expect(rawLeafDifferences(before, after)).toBe(1250);
    expect(changes(before, after)).toEqual([
      { path: '/apps/497effe9-df71-4043-a8bb-14cf78c4b63b/Source', before: 'Learn', after: 'Graph' },
      {
        path: '/apps/99f53064-85db-4f9f-ab36-118a009b8857',
        before: undefined,
        after: expect.objectContaining({ AppDisplayName: 'TEST Augmentation Loop' }),
      },
    ]);
  });

  test('second pair: 835 leaves differ by position, one application is better known than before', async () => {
    const [before, after] = await pair('2');
    expect(rawLeafDifferences(before, after)).toBe(835);
    const app = '/apps/2ddfbe71-ed12-4123-b99b-d5fc8a062a79';
    expect(changes(before, after)).toEqual([
      expect.objectContaining({ path: `${app}/AppDisplayName`, after: 'Microsoft Teams Admin Portal Service' }),
      // An empty owner is a missing one.
      { path: `${app}/AppOwnerOrganizationId`, before: undefined, after: 'f8cdef31-a31e-4b4a-93e4-5f571e91255a' },
      { path: `${app}/Source`, before: 'GitHub', after: 'Graph' },
    ]);
  });
});

async function pair(number: string): Promise<[Json, Json]> {
  const folder = sharedData(FOLDER);
  const files = readdirSync(folder)
    .filter((name) => name.startsWith(number))
    .sort();
  const [before, after] = await Promise.all(files.map((name) => readJsonFile(`${folder}/${name}`)));
  return [before ?? null, after ?? null];
}

function changes(before: Json, after: Json): ValueChange[] {
  return diffValues(normal(before), normal(after), APP_LIST);
}

function normal(apps: Json): JsonObject {
  const value = normaliseValue({ apps }, [pathRulesOf(APP_LIST)]);
  return isObject(value) ? value : {};
}
