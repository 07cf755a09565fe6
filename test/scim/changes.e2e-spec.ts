import { randomUUID } from 'node:crypto';
import { ENTERPRISE, GROUP, PATCH_OP, ScimStage, USER } from './scim-stage.js';

const WHOLE = {
  schemas: [USER, ENTERPRISE],
  displayName: 'Whole',
  name: { givenName: 'W', familyName: 'Hole', formatted: 'W Hole' },
  title: 'Title',
  emails: [
    { value: 'w@work.example', type: 'work', primary: true },
    { value: 'w@home.example', type: 'home' },
  ],
  phoneNumbers: [{ value: '+1', type: 'mobile' }],
  [ENTERPRISE]: { department: 'D', employeeNumber: '1', manager: { value: 'M' } },
};

/** RFC 7644 3.5, and how Entra's provisioning service writes it. */
describe('a change by SCIM', () => {
  let scim: ScimStage;
  let userName: string;
  let path: string;
  beforeAll(async () => {
    scim = await ScimStage.start();
  });
  afterAll(() => scim.close());
  beforeEach(async () => {
    userName = `${randomUUID()}@x.example`;
    path = `/Users/${await scim.person(userName, WHOLE)}`;
  });

  const get = async () => (await scim.call('GET', path)).body;
  const patched = async (...operations: unknown[]) => {
    const { status, body } = await scim.patch(path, ...operations);
    expect([JSON.stringify(operations), status, body['detail']]).toEqual([JSON.stringify(operations), 200, undefined]);
    expect(await get()).toEqual(body);
    return body;
  };

  describe('of all of a person', () => {
    it('leaves nothing that is not in it, but the status', async () => {
      await patched({ op: 'replace', path: 'active', value: false });
      const { status, body } = await scim.call('PUT', path, { schemas: [USER], userName, nickName: 'Nick' });
      expect(status).toBe(200);
      const { meta, ...rest } = body;
      expect(rest).toEqual({
        schemas: [USER],
        id: path.slice('/Users/'.length),
        userName,
        displayName: userName,
        nickName: 'Nick',
        active: false,
      });
      expect(meta).toMatchObject({ resourceType: 'User' });
    });

    it('is the same twice', async () => {
      const before = await get();
      const { status, body } = await scim.call('PUT', path, before);
      expect([status, body]).toEqual([200, before]);
    });

    it('needs a name, and one that nobody else has', async () => {
      expect((await scim.call('PUT', path, { schemas: [USER] })).body).toMatchObject({
        status: '400',
        scimType: 'invalidValue',
      });
      const other = `${randomUUID()}@x.example`;
      await scim.person(other);
      const taken = await scim.call('PUT', path, { userName: other.toUpperCase() });
      expect([taken.status, taken.body['scimType']]).toEqual([409, 'uniqueness']);
      const patch = await scim.patch(path, { op: 'replace', path: 'userName', value: other });
      expect([patch.status, patch.body['scimType']]).toEqual([409, 'uniqueness']);
      const [one, two] = await Promise.all(
        [0, 1].map(() => scim.call('POST', '/Users', { userName: `race-${userName}` })),
      );
      expect([one?.status, two?.status].sort()).toEqual([201, 409]);
    });

    it('is of no other resource', async () => {
      expect((await scim.call('PUT', path, { schemas: [GROUP], userName })).status).toBe(400);
      const { body } = await scim.call('PUT', path, {
        ...WHOLE,
        userName,
        id: randomUUID(),
        meta: { version: 'W/"99"' },
      });
      expect(body).toMatchObject({ id: path.slice('/Users/'.length), meta: { version: 'W/"1"' } });
    });
  });

  it.each<[string, unknown[], Record<string, unknown>]>([
    ['adds', [{ op: 'add', path: 'nickName', value: 'Babs' }], { nickName: 'Babs' }],
    ['adds as Entra used to', [{ op: 'Add', path: 'nickName', value: [{ value: 'Babs' }] }], { nickName: 'Babs' }],
    ['replaces what is not there', [{ op: 'replace', path: 'nickName', value: 'Babs' }], { nickName: 'Babs' }],
    ['removes', [{ op: 'remove', path: 'title' }], { title: undefined }],
    ['removes what is not there', [{ op: 'remove', path: 'nickName' }], { nickName: undefined }],
    ['empties by null', [{ op: 'replace', path: 'title', value: null }], { title: undefined }],
    ['empties by no text', [{ op: 'replace', path: 'title', value: '' }], { title: undefined }],
    [
      'knows names in any case',
      [{ OP: 'REPLACE', Path: 'NAME.GIVENNAME', Value: 'X' }],
      { name: { ...WHOLE.name, givenName: 'X' } },
    ],
    [
      'sets parts without a path',
      [{ op: 'replace', value: { name: { givenName: 'X' } } }],
      { name: { ...WHOLE.name, givenName: 'X' } },
    ],
    [
      'sets by dotted names',
      [{ op: 'replace', value: { 'name.givenName': 'X', active: 'False', title: 'T', unknown: 1, 'un.known': 2 } }],
      { name: { ...WHOLE.name, givenName: 'X' }, active: false, title: 'T' },
    ],
    ['removes a part', [{ op: 'remove', path: 'name.formatted' }], { name: { givenName: 'W', familyName: 'Hole' } }],
    ['removes all parts', [{ op: 'remove', path: 'name' }], { name: undefined }],
    [
      'adds an element, the new primary one',
      [{ op: 'add', path: 'emails', value: [{ value: 'n@x.example', type: 'other', primary: true }] }],
      {
        emails: [
          { value: 'w@work.example', type: 'work', primary: false },
          { value: 'w@home.example', type: 'home' },
          { value: 'n@x.example', type: 'other', primary: true },
        ],
      },
    ],
    [
      'adds what is there only once',
      [{ op: 'add', path: 'phoneNumbers', value: WHOLE.phoneNumbers }],
      { phoneNumbers: WHOLE.phoneNumbers },
    ],
    [
      'replaces all elements',
      [{ op: 'replace', path: 'emails', value: [{ value: 'o@x.example' }] }],
      { emails: [{ value: 'o@x.example' }] },
    ],
    ['replaces all by none', [{ op: 'replace', path: 'emails', value: [] }], { emails: undefined }],
    [
      'changes the element that is selected',
      [{ op: 'replace', path: 'emails[type eq "home"].value', value: 'h@x.example' }],
      { emails: [WHOLE.emails[0], { value: 'h@x.example', type: 'home' }] },
    ],
    [
      'makes the element that is selected',
      [{ op: 'Add', path: 'phoneNumbers[type eq "fax"].value', value: '+9' }],
      { phoneNumbers: [...WHOLE.phoneNumbers, { type: 'fax', value: '+9' }] },
    ],
    [
      'makes elements without a path',
      [{ op: 'Add', value: { 'addresses[type eq "work"].country': 'DE', 'addresses[type eq "work"].locality': 'B' } }],
      { addresses: [{ type: 'work', country: 'DE', locality: 'B' }] },
    ],
    [
      'removes the element that is selected',
      [{ op: 'remove', path: 'emails[type eq "work"]' }],
      { emails: [WHOLE.emails[1]] },
    ],
    ['removes its value', [{ op: 'Remove', path: 'emails[type eq "work"].value' }], { emails: [WHOLE.emails[1]] }],
    [
      'removes elements by value',
      [{ op: 'Remove', path: 'emails', value: [{ value: 'W@WORK.example' }] }],
      { emails: [WHOLE.emails[1]] },
    ],
    ['removes all elements', [{ op: 'remove', path: 'emails' }], { emails: undefined }],
    [
      'selects by several things',
      [{ op: 'remove', path: 'emails[type eq "work" and value ew "example" and not (primary eq false)]' }],
      { emails: [WHOLE.emails[1]] },
    ],
    [
      'reaches into the extension',
      [{ op: 'replace', path: `${ENTERPRISE}:department`, value: 'E' }],
      { [ENTERPRISE]: { ...WHOLE[ENTERPRISE], department: 'E' } },
    ],
    [
      'reaches into the extension in any case',
      [{ op: 'replace', path: `${ENTERPRISE.toUpperCase()}:Manager.Value`, value: 'N' }],
      { [ENTERPRISE]: { ...WHOLE[ENTERPRISE], manager: { value: 'N' } } },
    ],
    [
      'takes a manager as Entra writes it',
      [{ op: 'Add', path: `${ENTERPRISE}:manager`, value: [{ $ref: '../Users/N', value: 'N' }] }],
      { [ENTERPRISE]: { ...WHOLE[ENTERPRISE], manager: { value: 'N' } } },
    ],
    [
      'sets the extension without a path',
      [{ op: 'add', value: { [ENTERPRISE]: { costCenter: 'C', unknown: 1 }, [`${ENTERPRISE}:division`]: 'V' } }],
      { [ENTERPRISE]: { ...WHOLE[ENTERPRISE], costCenter: 'C', division: 'V' } },
    ],
    ['removes the extension', [{ op: 'remove', path: ENTERPRISE }], { [ENTERPRISE]: undefined, schemas: [USER] }],
    [
      'does one after the other',
      [
        { op: 'add', path: 'nickName', value: 'a' },
        { op: 'replace', path: 'nickName', value: 'b' },
        { op: 'remove', path: 'title' },
      ],
      { nickName: 'b', title: undefined },
    ],
    ['has a path of the core schema', [{ op: 'replace', path: `${USER}:title`, value: 'T' }], { title: 'T' }],
  ])('%s', async (_what, operations, expected) => {
    const before = await get();
    const body = await patched(...operations);
    const { meta: _meta, ...rest } = { ...before, ...expected };
    const { meta: _changed, ...found } = body;
    expect(found).toEqual(JSON.parse(JSON.stringify(rest)));
  });

  it.each<[string, unknown, string]>([
    ['an unknown path', { op: 'add', path: 'nothing', value: 1 }, 'invalidPath'],
    ['an unknown part', { op: 'add', path: 'name.nothing', value: 'x' }, 'invalidPath'],
    ['an unknown extension', { op: 'add', path: 'urn:x:y:department', value: 'x' }, 'invalidPath'],
    ['an unknown selection', { op: 'add', path: 'nothing[type eq "x"].value', value: 'x' }, 'invalidPath'],
    [
      'a selection of what has no elements',
      { op: 'add', path: 'name[givenName eq "W"].familyName', value: 'x' },
      'invalidPath',
    ],
    ['a path that is none', { op: 'add', path: 'a b', value: 'x' }, 'invalidPath'],
    ['a path that is no text', { op: 'add', path: 5, value: 'x' }, 'invalidPath'],
    ['an empty path', { op: 'add', path: '', value: 'x' }, 'invalidPath'],
    ['a path into nowhere', { op: 'add', path: '__proto__.polluted', value: 'x' }, 'invalidPath'],
    ['a filter that is none', { op: 'add', path: 'emails[type is "x"].value', value: 'x' }, 'invalidFilter'],
    ['an open filter', { op: 'add', path: 'emails[type eq "x"', value: 'x' }, 'invalidFilter'],
    [
      'an element that is not there',
      { op: 'replace', path: 'emails[type eq "other"]', value: { value: 'x' } },
      'noTarget',
    ],
    ['a choice of what to make', { op: 'add', path: 'emails[type sw "o"].value', value: 'x' }, 'noTarget'],
    ['nothing to remove', { op: 'remove' }, 'noTarget'],
    ['the id', { op: 'replace', path: 'id', value: randomUUID() }, 'mutability'],
    ['meta', { op: 'replace', path: 'meta.version', value: 'x' }, 'mutability'],
    ['the schemas', { op: 'add', path: 'schemas', value: ['x'] }, 'mutability'],
    ['the name of a manager', { op: 'add', path: `${ENTERPRISE}:manager.displayName`, value: 'x' }, 'mutability'],
    ['no userName', { op: 'remove', path: 'userName' }, 'invalidValue'],
    ['an empty userName', { op: 'replace', path: 'userName', value: '' }, 'invalidValue'],
    ['a number for a name', { op: 'replace', path: 'userName', value: 5 }, 'invalidValue'],
    ['no truth for active', { op: 'replace', path: 'active', value: 'maybe' }, 'invalidValue'],
    ['a list for a name', { op: 'replace', path: 'title', value: ['a', 'b'] }, 'invalidValue'],
    ['text for what has parts', { op: 'replace', path: 'name', value: 'x' }, 'invalidValue'],
    ['an element without a value', { op: 'add', path: 'emails', value: [{ type: 'x' }] }, 'invalidValue'],
    ['no value', { op: 'add', path: 'title' }, 'invalidSyntax'],
    ['no operator', { path: 'title', value: 'x' }, 'invalidSyntax'],
    ['an unknown operator', { op: 'move', path: 'title', value: 'x' }, 'invalidSyntax'],
    ['text without a path', { op: 'add', value: 'x' }, 'invalidSyntax'],
    ['no operation', 5, 'invalidSyntax'],
  ])('is refused whole for %s', async (_what, operation, scimType) => {
    const before = await get();
    const { status, body, headers } = await scim.patch(
      path,
      { op: 'add', path: 'nickName', value: 'first' },
      operation,
    );
    expect([status, body['scimType'], body['status']]).toEqual([400, scimType, '400']);
    expect(headers.get('content-type')).toBe('application/scim+json; charset=utf-8');
    expect(await get()).toEqual(before);
  });

  it('is a PatchOp', async () => {
    for (const body of [
      {},
      [],
      null,
      { schemas: [USER], Operations: [{ op: 'remove', path: 'title' }] },
      { schemas: [PATCH_OP] },
      { schemas: [PATCH_OP], Operations: [] },
      { schemas: [PATCH_OP], Operations: {} },
      { schemas: 'x', Operations: [{ op: 'remove', path: 'title' }] },
    ])
      expect([JSON.stringify(body), (await scim.call('PATCH', path, JSON.stringify(body))).status]).toEqual([
        JSON.stringify(body),
        400,
      ]);
  });

  describe('of a group', () => {
    let group: string;
    let people: string[];
    beforeEach(async () => {
      people = await Promise.all(Array.from({ length: 4 }, () => scim.person(randomUUID())));
      people.sort();
      group = `/Groups/${await scim.group('group', people.slice(0, 2))}`;
    });
    const members = async () =>
      ((await scim.call('GET', group)).body['members'] as { value: string }[]).map(({ value }) => value);
    const named = (...indexes: number[]) => indexes.map((index) => ({ value: people[index] }));

    it.each<[string, () => unknown[], number[]]>([
      ['adds', () => [{ op: 'add', path: 'members', value: named(2) }], [0, 1, 2]],
      ['adds one that is no list', () => [{ op: 'add', path: 'members', value: named(2)[0] }], [0, 1, 2]],
      ['adds who is there', () => [{ op: 'add', path: 'members', value: named(0, 1, 2) }], [0, 1, 2]],
      ['adds ids alone', () => [{ op: 'add', path: 'members', value: [people[3]] }], [0, 1, 3]],
      ['adds in capitals', () => [{ op: 'add', path: 'members', value: [people[3]?.toUpperCase()] }], [0, 1, 3]],
      ['adds without a path', () => [{ op: 'Add', value: { members: named(3), displayName: 'n' } }], [0, 1, 3]],
      ['replaces', () => [{ op: 'replace', path: 'members', value: named(1, 2, 3) }], [1, 2, 3]],
      ['replaces by none', () => [{ op: 'replace', path: 'members', value: [] }], []],
      ['removes one', () => [{ op: 'remove', path: `members[value eq "${people[0]}"]` }], [1]],
      ['removes one of the value', () => [{ op: 'Remove', path: 'members', value: named(1) }], [0]],
      [
        'removes by a choice',
        () => [{ op: 'remove', path: `members[value eq "${people[0]}" or value eq "${people[1]}"]` }],
        [],
      ],
      ['removes by what is not there', () => [{ op: 'remove', path: `members[value eq "${randomUUID()}"]` }], [0, 1]],
      ['removes all', () => [{ op: 'remove', path: 'members' }], []],
      [
        'adds and removes',
        () => [
          { op: 'add', path: 'members', value: named(2, 3) },
          { op: 'remove', path: `members[value eq "${people[2]}"]` },
          { op: 'remove', path: 'members', value: named(0) },
        ],
        [1, 3],
      ],
    ])('%s', async (_what, operations, expected) => {
      expect((await scim.patch(group, ...operations())).status).toBe(204);
      expect(await members()).toEqual(expected.map((index) => people[index]));
    });

    it('is replaced with its members, and without them has none', async () => {
      const body = { schemas: [GROUP], displayName: 'other', externalId: 'e', members: named(1, 2) };
      const replaced = await scim.call('PUT', group, body);
      expect(replaced.status).toBe(200);
      expect(replaced.body).toMatchObject({ displayName: 'other', externalId: 'e', members: named(1, 2) });
      const bare = await scim.call('PUT', group, { displayName: 'other' });
      expect(bare.body).toMatchObject({ displayName: 'other', members: [] });
      expect(bare.body).not.toHaveProperty('externalId');
      expect((await scim.call('PUT', group, { externalId: 'e' })).status).toBe(400);
    });

    it.each<[string, unknown]>([
      ['somebody who is no user', { op: 'add', path: 'members', value: [{ value: randomUUID() }] }],
      ['a name for an id', { op: 'add', path: 'members', value: [{ value: 'bjensen' }] }],
      ['a member without an id', { op: 'add', path: 'members', value: [{ display: 'x' }] }],
      ['an edit of members', { op: 'replace', path: 'members[value eq "x"].value', value: randomUUID() }],
      ['a type of member', { op: 'replace', path: 'members.type', value: 'Group' }],
      ['no name', { op: 'remove', path: 'displayName' }],
    ])('is refused for %s', async (_what, operation) => {
      const { status, body } = await scim.patch(group, { op: 'add', path: 'members', value: named(3) }, operation);
      expect([status, body['status']]).toEqual([400, '400']);
      expect(await members()).toEqual(people.slice(0, 2));
    });
  });
});
