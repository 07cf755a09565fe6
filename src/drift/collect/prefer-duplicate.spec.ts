import type { JsonObject } from '../../crypto/canonical-json.js';
import { hashOf } from '../normalise/normalise-object.js';
import { StoredObject } from '../snapshot/stored-object.js';
import { preferredOf } from './prefer-duplicate.js';

function assignment(value: JsonObject, modifiedAt: string | null = null): StoredObject {
  return StoredObject.from({
    resourceType: 'roleAssignment',
    key: 'k',
    displayName: null,
    value,
    hash: hashOf(value),
    modifiedAt,
  });
}

describe('two objects with one key', () => {
  const permanent = assignment({ principalId: 'p' });
  const limited = assignment({ principalId: 'p', endDateTime: '2026-06-01T00:00:00Z' });
  const throughGroup = assignment({ principalId: 'p', memberType: 'Group' });
  const older = assignment({ principalId: 'p', note: 'old' }, '2026-01-01T00:00:00Z');
  const newer = assignment({ principalId: 'p', note: 'new' }, '2026-02-01T00:00:00Z');

  it.each([
    ['the permanent assignment before the one limited in time', permanent, limited],
    ['the direct assignment before the one through a group', permanent, throughGroup],
    ['a permanent assignment through a group before a direct one limited in time', throughGroup, limited],
    ['the newer state before the older', newer, older],
  ])('takes %s, in whatever order they come', (_what, wanted, other) => {
    expect(preferredOf(wanted, other)).toBe(wanted);
    expect(preferredOf(other, wanted)).toBe(wanted);
  });
});
