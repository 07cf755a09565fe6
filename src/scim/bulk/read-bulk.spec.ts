import type { Json } from '../../crypto/canonical-json.js';
import { referencesIn, withReferences } from './bulk-references.js';
import { readBulk } from './read-bulk.js';

const IDS = new Map([
  ['a', 'id of a'],
  ['', 'of nothing'],
]);

describe('references of a bulk', () => {
  it.each<[Json, string[], Json]>([
    ['bulkId:a', ['a'], 'id of a'],
    ['bulkId:b', ['b'], 'bulkId:b'],
    ['bulkid:a', [], 'bulkid:a'],
    ['x bulkId:a', [], 'x bulkId:a'],
    ['bulkId:', [], 'bulkId:'],
    [null, [], null],
    [5, [], 5],
    [
      { members: [{ value: 'bulkId:a' }, { value: 'bulkId:b' }] },
      ['a', 'b'],
      { members: [{ value: 'id of a' }, { value: 'bulkId:b' }] },
    ],
    [{ 'bulkId:a': 'x' }, [], { 'bulkId:a': 'x' }],
  ])('in %j', (value, references, replaced) => {
    expect(referencesIn(value)).toEqual(references);
    expect(withReferences(value, IDS)).toEqual(replaced);
  });

  it('touch nothing of JavaScript', () => {
    const given = JSON.parse('{"__proto__":{"polluted":"bulkId:a"}}') as Json;
    const read = withReferences(given, IDS) as object;
    expect(Object.getPrototypeOf(read)).toBe(Object.prototype);
    expect(JSON.stringify(read)).toBe('{"__proto__":{"polluted":"id of a"}}');
  });

  it('are read once, from the address and the data', () => {
    const operation = { method: 'patch', path: '/Users/bulkId:a', data: { x: ['bulkId:b', 'bulkId:a'] } };
    expect(readBulk({ operations: [operation] }).operations).toEqual([
      {
        method: 'PATCH',
        resourceType: 'Users',
        id: 'bulkId:a',
        bulkId: null,
        version: undefined,
        data: operation.data,
        references: ['a', 'b'],
      },
    ]);
    expect(readBulk({ Operations: [], failOnErrors: 3 })).toEqual({ failOnErrors: 3, operations: [] });
  });
});
