import type { JsonObject } from '../../crypto/canonical-json.js';
import { GROUP_SCHEMA } from '../schemas/group.schema.js';
import { USER_SCHEMA } from '../schemas/user.schema.js';
import { project, projectionOf, readProjection, shows } from './projection.js';

const ENTERPRISE = 'urn:ietf:params:scim:schemas:extension:enterprise:2.0:User';
const PERSON: JsonObject = {
  schemas: ['urn:ietf:params:scim:schemas:core:2.0:User', ENTERPRISE],
  id: '1',
  userName: 'bjensen',
  active: true,
  name: { givenName: 'Barbara', familyName: 'Jensen' },
  emails: [
    { value: 'b@work.example', type: 'work', primary: true },
    { value: 'b@home.example', type: 'home' },
  ],
  [ENTERPRISE]: { department: 'Tours', manager: { value: '2' } },
};
const shown = (attributes?: unknown, excludedAttributes?: unknown) =>
  project(PERSON, readProjection(attributes, excludedAttributes, USER_SCHEMA), USER_SCHEMA);
const ALWAYS = { schemas: PERSON['schemas'], id: '1' };

describe('what an answer shows', () => {
  it('is all of it when nothing is asked for', () => {
    for (const nothing of [undefined, null, '']) expect(shown(nothing, nothing)).toEqual(PERSON);
  });

  it.each<[unknown, JsonObject]>([
    ['userName', { userName: 'bjensen' }],
    ['USERNAME , active', { userName: 'bjensen', active: true }],
    [['userName', 'active'], { userName: 'bjensen', active: true }],
    ['name.givenName', { name: { givenName: 'Barbara' } }],
    ['name.givenName,name.familyName', { name: PERSON['name'] ?? null }],
    ['name.givenName,name', { name: PERSON['name'] ?? null }],
    ['emails.value', { emails: [{ value: 'b@work.example' }, { value: 'b@home.example' }] }],
    [
      'emails.value,emails.primary',
      { emails: [{ value: 'b@work.example', primary: true }, { value: 'b@home.example' }] },
    ],
    ['title', {}],
    ['nothing,na me,__proto__,constructor.name', {}],
    [`${ENTERPRISE}:department`, { [ENTERPRISE]: { department: 'Tours' } }],
    [`${ENTERPRISE}:manager.value`, { [ENTERPRISE]: { manager: { value: '2' } } }],
    [ENTERPRISE, { [ENTERPRISE]: PERSON[ENTERPRISE] ?? null }],
    [',', {}],
  ])('is what %j names, and what is always there', (attributes, expected) => {
    expect(shown(attributes)).toEqual({ ...ALWAYS, ...expected });
  });

  it.each<[string, (person: JsonObject) => unknown, unknown]>([
    ['name', ({ name }) => name, undefined],
    ['name.familyName', ({ name }) => name, { givenName: 'Barbara' }],
    ['emails.value', ({ emails }) => emails, [{ type: 'work', primary: true }, { type: 'home' }]],
    [ENTERPRISE, (person) => person[ENTERPRISE], undefined],
    [`${ENTERPRISE}:manager`, (person) => person[ENTERPRISE], { department: 'Tours' }],
    ['id,schemas', ({ id, schemas }) => ({ id, schemas }), ALWAYS],
    ['nothing', (person) => person, PERSON],
  ])('is without %s', (excluded, of, expected) => {
    expect(of(shown(undefined, excluded))).toEqual(expected);
  });

  it('leaves the resource as it was', () => {
    const before = structuredClone(PERSON);
    shown(undefined, `name.familyName,emails.value,${ENTERPRISE}:manager`);
    shown('emails.value,name.givenName', 'name.givenName');
    expect(PERSON).toEqual(before);
  });

  it('is asked for by text, of a length', () => {
    for (const wrong of [5, true, {}, 'a,'.repeat(600), Array.from({ length: 600 }, () => 'a')]) {
      expect(() => readProjection(wrong, undefined, USER_SCHEMA)).toThrow(
        expect.objectContaining({ code: 'scim.invalid_value' }),
      );
      expect(() => readProjection(undefined, wrong, USER_SCHEMA)).toThrow(
        expect.objectContaining({ code: 'scim.invalid_value' }),
      );
    }
  });

  it.each<[JsonObject, boolean]>([
    [{}, true],
    [{ attributes: 'members' }, true],
    [{ attributes: 'members.value' }, true],
    [{ attributes: 'displayName' }, false],
    [{ excludedAttributes: 'Members' }, false],
    [{ ExcludedAttributes: 'members' }, false],
    [{ excludedAttributes: 'members.$ref' }, true],
    [{ attributes: 'members', excludedAttributes: 'members' }, false],
  ])('has members for %j: %s', (query, expected) => {
    expect(shows(projectionOf(query, GROUP_SCHEMA), 'members')).toBe(expected);
  });
});
