import fc from 'fast-check';
import type { Json, JsonObject } from '../../crypto/canonical-json.js';
import { DomainError } from '../../kernel/errors/domain-error.js';
import { USER_SCHEMA } from '../schemas/user.schema.js';
import { applyPatch } from './apply-patch.js';
import { readPatch } from './read-patch.js';
import { readResource } from './read-resource.js';

const ENTERPRISE = 'urn:ietf:params:scim:schemas:extension:enterprise:2.0:User';
const PATCH_OP = 'urn:ietf:params:scim:api:messages:2.0:PatchOp';
const ada = (): JsonObject => ({
  userName: 'ada@contoso.example',
  active: true,
  name: { givenName: 'Ada', familyName: 'Lovelace' },
  emails: [{ value: 'ada@contoso.example', type: 'work', primary: true }],
});

function patched(...operations: Json[]): JsonObject {
  const read = readPatch({ schemas: [PATCH_OP], Operations: operations }, USER_SCHEMA);
  return applyPatch(ada(), read, USER_SCHEMA.extensions);
}

describe('a patch', () => {
  it.each<[string, Json, Json]>([
    ['op in any case', { op: 'Replace', path: 'title', value: 'Countess' }, { title: 'Countess' }],
    [
      'names in any case',
      { OP: 'add', Path: 'NAME.GIVENNAME', Value: 'A' },
      { name: { givenName: 'A', familyName: 'Lovelace' } },
    ],
    ['a boolean as text', { op: 'Replace', path: 'active', value: 'False' }, { active: false }],
    ['no path', { op: 'replace', value: { active: false, title: 'x' } }, { active: false, title: 'x' }],
    [
      'no path and names with dots',
      { op: 'replace', value: { 'name.givenName': 'A' } },
      { name: { givenName: 'A', familyName: 'Lovelace' } },
    ],
    [
      'part of a complex attribute',
      { op: 'add', path: 'name', value: { middleName: 'K' } },
      { name: { middleName: 'K', familyName: 'Lovelace' } },
    ],
    [
      'a selected value',
      { op: 'Replace', path: 'emails[type eq "work"].value', value: 'x@y.example' },
      { emails: [{ value: 'x@y.example', type: 'work', primary: true }] },
    ],
    [
      'an extension',
      { op: 'Add', path: `${ENTERPRISE}:department`, value: 'Engines' },
      { [ENTERPRISE]: { department: 'Engines' } },
    ],
    [
      'an extension as a whole',
      { op: 'add', value: { [ENTERPRISE]: { department: 'E', x: 1 } } },
      { [ENTERPRISE]: { department: 'E' } },
    ],
    [
      'a manager by id',
      { op: 'Add', path: `${ENTERPRISE}:manager`, value: 'm1' },
      { [ENTERPRISE]: { manager: { value: 'm1' } } },
    ],
  ])('takes %s', (_what, operation, expected) => {
    expect(patched(operation)).toMatchObject(expected as JsonObject);
  });

  it('makes the element that Entra selects where there is none', () => {
    expect(patched({ op: 'Add', path: 'phoneNumbers[type eq "mobile"].value', value: '+44 1' })).toMatchObject({
      phoneNumbers: [{ type: 'mobile', value: '+44 1' }],
    });
  });

  it('adds to a list without doubling, with one primary element', () => {
    const home = { value: 'h@h.example', type: 'home', primary: true };
    expect(
      patched({ op: 'add', path: 'emails', value: [home] }, { op: 'add', path: 'emails', value: home })['emails'],
    ).toEqual([{ value: 'ada@contoso.example', type: 'work', primary: false }, home]);
  });

  it('removes attributes, elements and sub-attributes', () => {
    const after = patched({ op: 'remove', path: 'name.givenName' }, { op: 'Remove', path: 'emails[type eq "work"]' });
    expect(after).toEqual({ userName: 'ada@contoso.example', active: true, name: { familyName: 'Lovelace' } });
    expect(patched({ op: 'remove', path: 'emails[type eq "work"].value' })).not.toHaveProperty('emails');
    expect(patched({ op: 'remove', path: 'emails', value: [{ value: 'ADA@contoso.example' }] })).not.toHaveProperty(
      'emails',
    );
    expect(patched({ op: 'replace', path: 'name', value: null })).not.toHaveProperty('name');
  });

  it('leaves the resource that it was given', () => {
    const before = ada();
    applyPatch(before, readPatch({ Operations: [{ op: 'remove', path: 'emails' }] }, USER_SCHEMA), []);
    expect(before).toEqual(ada());
  });

  it.each<[string, string, Json]>([
    ['a path to nothing', 'scim.invalid_path', { op: 'add', path: 'securityStamp', value: 1 }],
    ['a path to a status', 'scim.invalid_path', { op: 'replace', path: 'status', value: 'active' }],
    ['a path to a prototype', 'scim.invalid_path', { op: 'add', path: '__proto__.admin', value: true }],
    ['a path to a constructor', 'scim.invalid_path', { op: 'add', path: 'constructor.prototype', value: {} }],
    ['the id', 'scim.mutability', { op: 'replace', path: 'id', value: 'x' }],
    ['meta', 'scim.mutability', { op: 'replace', path: 'meta.version', value: 'x' }],
    ['another operator', 'scim.invalid_syntax', { op: 'move', path: 'title', value: 'x' }],
    ['no value', 'scim.invalid_syntax', { op: 'add', path: 'title' }],
    ['no path and no object', 'scim.invalid_syntax', { op: 'add', value: 'x' }],
    ['to remove nothing in particular', 'scim.no_target', { op: 'remove' }],
    ['what fits nothing', 'scim.no_target', { op: 'replace', path: 'emails[type eq "home"]', value: { value: 'x' } }],
    ['what leaves a choice', 'scim.no_target', { op: 'add', path: 'emails[type sw "h"].value', value: 'x' }],
    ['text for a truth', 'scim.invalid_value', { op: 'replace', path: 'active', value: 'perhaps' }],
    ['a number for text', 'scim.invalid_value', { op: 'replace', path: 'title', value: 7 }],
    ['a filter on one value', 'scim.invalid_path', { op: 'replace', path: 'name[givenName eq "a"]', value: {} }],
    ['a filter that is none', 'scim.invalid_filter', { op: 'replace', path: 'emails[type eq ]', value: {} }],
    ['an element without a value', 'scim.invalid_value', { op: 'add', path: 'emails', value: [{ type: 'work' }] }],
    ['101 elements', 'scim.too_large', { op: 'add', path: 'emails', value: Array(101).fill({ value: 'x' }) }],
  ])('refuses %s', (_what, code, operation) => {
    expect(() => patched(operation)).toThrow(expect.objectContaining({ code }));
  });

  it('refuses 1,001 operations', () => {
    expect(() => patched(...Array<Json>(1001).fill({ op: 'add', path: 'title', value: 'x' }))).toThrow(
      expect.objectContaining({ code: 'scim.too_large' }),
    );
  });

  it('reaches nobody else by a polluted name', () => {
    const operation =
      JSON.parse(`{"op":"add","value":{"__proto__":{"polluted":1},"constructor":{"prototype":{"polluted":1}},
      "name":{"__proto__":{"polluted":1},"givenName":"A"}}}`) as Json;
    expect(patched(operation)).toEqual({ ...ada(), name: { givenName: 'A', familyName: 'Lovelace' } });
    expect({}).not.toHaveProperty('polluted');
  });

  it('keeps the shape of any resource, or is refused', () => {
    const name = fc.constantFrom(
      'userName',
      'active',
      'name',
      'name.givenName',
      'emails',
      'emails[type eq "work"]',
      'emails[type eq "work"].value',
      'emails.value',
      'addresses[type eq "home"].country',
      ENTERPRISE,
      `${ENTERPRISE}:manager`,
      'id',
      '__proto__',
      'nothing',
    );
    const value = fc.oneof(
      fc.jsonValue(),
      fc.record({ value: fc.string(), type: fc.constantFrom('work', 'home'), primary: fc.boolean() }),
    ) as fc.Arbitrary<Json>;
    const operation = fc.record(
      {
        op: fc.constantFrom('add', 'Replace', 'REMOVE'),
        path: name,
        value: fc.oneof(value, fc.dictionary(name, value)),
      },
      { requiredKeys: ['op'] },
    );
    fc.assert(
      fc.property(fc.array(operation, { minLength: 1, maxLength: 5 }), (operations) => {
        try {
          const after = patched(...(operations as Json[]));
          expect(readResource(after, USER_SCHEMA)).toEqual(after);
        } catch (error) {
          expect(error).toBeInstanceOf(DomainError);
        }
      }),
      { numRuns: 3000 },
    );
  });
});
