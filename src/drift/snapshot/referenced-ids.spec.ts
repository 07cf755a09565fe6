import { normaliseObject } from '../normalise/normalise-object.js';
import { RESOURCE_TYPE_CATALOGUE } from '../resource-types/catalogue.js';
import type { ResourceType } from '../resource-types/resource-type.types.js';
import { referencedIds } from './referenced-ids.js';

const id = (n: number) => `00000000-0000-4000-8000-00000000000${n}`;

describe('the users and groups that an object names', () => {
  test.each<[ResourceType, Parameters<typeof normaliseObject>[1], string[]]>([
    [
      'conditionalAccessPolicy',
      {
        conditions: {
          users: {
            includeUsers: ['All'],
            excludeUsers: [id(1), 'GuestsOrExternalUsers'],
            includeGroups: [id(2)],
            includeRoles: [id(3)],
          },
        },
      },
      [id(1), id(2)],
    ],
    ['roleAssignment', { principalId: id(1), roleDefinitionId: id(2) }, [id(1)]],
    ['application', { owners: [{ id: id(1) }] }, [id(1)]],
    [
      'authenticationMethodConfiguration',
      { includeTargets: [{ id: 'all_users' }, { id: id(1) }], excludeTargets: [{ id: id(2) }] },
      [id(1), id(2)],
    ],
    ['namedLocation', { displayName: id(1) }, []],
  ])('%s', (type, raw, expected) => {
    const object = normaliseObject(RESOURCE_TYPE_CATALOGUE[type], { id: 'x', ...raw });
    expect(object === null ? null : referencedIds(object).sort()).toEqual(expected);
  });
});
