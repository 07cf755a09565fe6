import { randomUUID } from 'node:crypto';
import type { Json } from '../../crypto/canonical-json.js';
import { readPatch } from '../protocol/read-patch.js';
import { GROUP_SCHEMA } from '../schemas/group.schema.js';
import { memberChanges, memberIds } from './member-changes.js';

const [A, B, C, D] = [randomUUID(), randomUUID(), randomUUID(), randomUUID()];
const values = (...ids: string[]): Json => ids.map((value) => ({ value }));
const changes = (current: string[], ...operations: Json[]) =>
  memberChanges(current, readPatch({ Operations: operations }, GROUP_SCHEMA));

describe('what operations on members come to', () => {
  it.each<[string, Json[], { added: string[]; removed: string[] }]>([
    ['adding', [{ op: 'add', path: 'members', value: values(C, C, B) }], { added: [C], removed: [] }],
    [
      'adding in capitals',
      [{ op: 'add', path: 'members', value: values(C.toUpperCase()) }],
      { added: [C], removed: [] },
    ],
    ['adding nobody', [{ op: 'add', path: 'members', value: [] }], { added: [], removed: [] }],
    ['replacing', [{ op: 'replace', path: 'members', value: values(B, C) }], { added: [C], removed: [A] }],
    ['replacing by nobody', [{ op: 'replace', path: 'members', value: [] }], { added: [], removed: [A, B] }],
    ['replacing by null', [{ op: 'replace', path: 'members', value: null }], { added: [], removed: [A, B] }],
    ['removing all', [{ op: 'remove', path: 'members' }], { added: [], removed: [A, B] }],
    ['removing some', [{ op: 'remove', path: 'members', value: values(A, D) }], { added: [], removed: [A] }],
    ['removing none of a list', [{ op: 'remove', path: 'members', value: [] }], { added: [], removed: [] }],
    ['removing one', [{ op: 'remove', path: `members[value eq "${B}"]` }], { added: [], removed: [B] }],
    [
      'removing one of two',
      [{ op: 'remove', path: `members[value eq "${B}" or value eq "${D}"]` }],
      { added: [], removed: [B] },
    ],
    ['removing all but one', [{ op: 'remove', path: `members[value ne "${B}"]` }], { added: [], removed: [A] }],
    ['removing all users', [{ op: 'remove', path: 'members[type eq "User"]' }], { added: [], removed: [A, B] }],
    ['removing all groups', [{ op: 'remove', path: 'members[type eq "Group"]' }], { added: [], removed: [] }],
    ['removing what is no text', [{ op: 'remove', path: 'members[value eq null]' }], { added: [], removed: [] }],
    [
      'adding and removing the same',
      [
        { op: 'add', path: 'members', value: values(C) },
        { op: 'remove', path: 'members', value: values(C) },
      ],
      { added: [], removed: [] },
    ],
    [
      'removing and adding the same',
      [
        { op: 'remove', path: 'members' },
        { op: 'add', path: 'members', value: values(A, B) },
      ],
      { added: [], removed: [] },
    ],
  ])('%s', (_what, operations, expected) => {
    expect(changes([A, B], ...operations)).toEqual(expected);
  });

  it.each<[string, Json, string]>([
    ['no ids', { op: 'add', path: 'members', value: values('x') }, 'scim.invalid_value'],
    ['no value', { op: 'add', path: 'members', value: [{ type: 'User' }] }, 'scim.invalid_value'],
    ['a part', { op: 'replace', path: 'members.value', value: A }, 'scim.invalid_value'],
    ['a selection', { op: 'replace', path: `members[value eq "${A}"]`, value: { value: B } }, 'scim.invalid_value'],
    [
      'too many',
      { op: 'add', path: 'members', value: values(...Array.from({ length: 10_001 }, () => A)) },
      'scim.too_large',
    ],
  ])('are refused for %s', (_what, operation, code) => {
    expect(() => changes([A], operation)).toThrow(expect.objectContaining({ code }));
  });

  it('are bounded over all operations', () => {
    const half = { op: 'add', path: 'members', value: values(...Array.from({ length: 5001 }, () => A)) };
    expect(changes([], half)).toEqual({ added: [A], removed: [] });
    expect(() => changes([], half, half)).toThrow(expect.objectContaining({ code: 'scim.too_large' }));
    const many = Array.from({ length: 1000 }, () => randomUUID());
    const compare = { op: 'remove', path: 'members[value sw "x"]' };
    expect(changes(many, ...Array.from({ length: 200 }, () => compare))).toEqual({ added: [], removed: [] });
    expect(() => changes(many, ...Array.from({ length: 201 }, () => compare))).toThrow(
      expect.objectContaining({ code: 'scim.too_large' }),
    );
    const one = { op: 'remove', path: `members[value eq "${many[0]}"]` };
    expect(changes(many, ...Array.from({ length: 1000 }, () => one)).removed).toEqual([many[0]]);
  });

  it('name each once', () => {
    expect(memberIds(values(A, A.toUpperCase(), B))).toEqual([A, B]);
    expect(memberIds(A)).toEqual([A]);
    expect(memberIds(undefined)).toEqual([]);
  });
});
