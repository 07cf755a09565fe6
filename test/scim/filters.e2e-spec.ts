import { randomUUID } from 'node:crypto';
import { UserProfiles } from '../../src/users/user-profiles.service.js';
import { ENTERPRISE, ScimStage } from './scim-stage.js';

/** RFC 7644 3.4.2.2, over people of whom everything is known. */
describe('a filter of SCIM', () => {
  let scim: ScimStage;
  const names = new Map<string, string>();
  beforeAll(async () => {
    scim = await ScimStage.start();
    const people: Record<string, Record<string, unknown>> = {
      bjensen: {
        externalId: 'ext-B',
        displayName: 'Babs Jensen',
        name: { givenName: 'Barbara', familyName: 'Jensen' },
        title: 'Tour Guide',
        userType: 'Employee',
        emails: [
          { value: 'bjensen@example.com', type: 'work', primary: true },
          { value: 'babs@jensen.org', type: 'home' },
        ],
        [ENTERPRISE]: { department: 'Tour Operations', employeeNumber: '701984', manager: { value: 'boss' } },
      },
      jsmith: {
        externalId: 'ext-J',
        displayName: 'Jim Smith',
        name: { givenName: 'Jim', familyName: "O'Malley" },
        userType: 'Intern',
        active: false,
        emails: [{ value: 'jsmith@example.org', type: 'work' }],
        [ENTERPRISE]: { department: 'Universal' },
      },
      quote: { displayName: 'say "hi" \\ there', emails: [{ value: 'babs@jensen.org', type: 'work' }] },
    };
    for (const [name, more] of Object.entries(people)) names.set(await scim.person(name, more), name);
  });
  afterAll(() => scim.close());

  const found = async (filter: string) => {
    const { status, body } = await scim.find('Users', filter);
    expect([filter, status]).toEqual([filter, 200]);
    return (body['Resources'] as { id: string }[]).flatMap(({ id }) => names.get(id) ?? []).sort();
  };

  it.each<[string, string[]]>([
    ['userName eq "BJENSEN"', ['bjensen']],
    ['userName Eq "bjensen"', ['bjensen']],
    ['USERNAME eq "bjensen"', ['bjensen']],
    ['urn:ietf:params:scim:schemas:core:2.0:User:userName sw "j"', ['jsmith']],
    ['userName ne "bjensen" and externalId pr', ['jsmith']],
    ['externalId eq "ext-B"', ['bjensen']],
    ['externalId eq "ext-b"', []],
    ['name.familyName co "O\'Malley"', ['jsmith']],
    ['name.familyName ew "sen"', ['bjensen']],
    ['name.givenName gt "Barbara" and externalId pr', ['jsmith']],
    ['name.givenName ge "barbara"', ['bjensen', 'jsmith']],
    ['name.givenName lt "Jim"', ['bjensen']],
    ['name.givenName le "jim"', ['bjensen', 'jsmith']],
    ['title pr', ['bjensen']],
    ['title pr and userType eq "Employee"', ['bjensen']],
    ['title pr or userType eq "Intern"', ['bjensen', 'jsmith']],
    ['userType eq "Intern" or userType eq "Employee" and title pr', ['bjensen', 'jsmith']],
    ['(userType eq "Intern" or userType eq "Employee") and title pr', ['bjensen']],
    ['userType pr and not (title pr)', ['jsmith']],
    ['not(userType pr) and emails pr', ['quote']],
    ['active eq false', ['jsmith']],
    ['active eq "False"', ['jsmith']],
    ['active ne true', ['jsmith']],
    ['active eq true and externalId sw "ext-"', ['bjensen']],
    ['emails co "example.org"', ['jsmith']],
    ['emails.value eq "babs@jensen.org"', ['bjensen', 'quote']],
    ['emails.type eq "home"', ['bjensen']],
    ['emails[type eq "work"].value eq "babs@jensen.org"', ['quote']],
    ['emails[type eq "work" and value co "@example.com"]', ['bjensen']],
    ['emails[type eq "home" and value co "@example.com"]', []],
    ['emails[not (type eq "work")]', ['bjensen']],
    ['emails[primary eq true]', ['bjensen']],
    ['emails[type eq "work"] and not (emails[type eq "home"])', ['jsmith', 'quote']],
    ['userType eq "Employee" and (emails co "example.com" or emails.value co "example.org")', ['bjensen']],
    [`${ENTERPRISE}:department eq "universal"`, ['jsmith']],
    [`${ENTERPRISE}:manager.value eq "boss"`, ['bjensen']],
    [`${ENTERPRISE}:employeeNumber pr`, ['bjensen']],
    ['displayName eq "say \\"hi\\" \\\\ there"', ['quote']],
    ['displayName co "\\u0022hi\\u0022"', ['quote']],
    ['title eq null and userType eq "Intern"', ['jsmith']],
    ['title ne null', ['bjensen']],
    ['noSuchThing pr', []],
    ['noSuchThing eq "x"', []],
    ['password sw "a"', []],
    ['meta.lastModified gt "2020-01-01T00:00:00Z" and externalId pr', ['bjensen', 'jsmith']],
    ['meta.lastModified lt "2020-01-01T00:00:00Z"', []],
    ['meta.created ge "2020-01-01T00:00:00+05:00" and title pr', ['bjensen']],
    ['meta.lastModified gt "never"', []],
    ['meta.lastModified gt "-271821-04-20T00:00:00Z" and title pr', ['bjensen']],
    ['meta.lastModified gt "+275760-09-13T00:00:00Z"', []],
    ['meta.resourceType eq "User" and title pr', ['bjensen']],
    ['schemas eq "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"', ['bjensen', 'jsmith']],
    ['userName eq 5', []],
    ['userName eq true', []],
    ['active gt false', []],
  ])('%s', async (filter, expected) => {
    expect(await found(filter)).toEqual(expected);
  });

  it.each([
    'userName',
    'userName eq',
    'userName eq ',
    'eq "x"',
    'userName is "x"',
    'userName eq x',
    "userName eq 'x'",
    'userName eq "x',
    'userName eq "x" and',
    'userName eq "x" userName eq "x"',
    'and userName eq "x"',
    'not userName eq "x"',
    '(userName eq "x"',
    'userName eq "x")',
    'emails[type eq "work"',
    'emails[type eq "work"] "x"',
    'emails[]',
    'emails[type eq "work"]value eq "x"',
    'userName pr "x"',
    'user name pr',
    'name.given.name pr',
    '1 eq 1',
    ';',
    'userName eq "\\x"',
    'userName eq "\\ud800"',
    'userName eq "\\u0000"',
    'userName eq {"a":1}',
    '()',
    `${'('.repeat(400)}userName pr${')'.repeat(400)}`,
    `${'('.repeat(20)}userName pr${')'.repeat(20)}`,
    `${'not ('.repeat(12)}userName pr${')'.repeat(12)}`,
    Array.from({ length: 60 }, () => 'id pr').join(' or '),
    `userName eq "${'x'.repeat(2000)}"`,
  ])('is refused when it is %s', async (filter) => {
    for (const type of ['Users', 'Groups'] as const) {
      const { status, body } = await scim.find(type, filter);
      expect([status, body['scimType']]).toEqual([400, 'invalidFilter']);
    }
    const posted = await scim.call('POST', '/.search', { filter });
    expect([posted.status, posted.body['status']]).toEqual([400, '400']);
  });

  it('is one text', async () => {
    for (const filter of [5, true, {}, ['userName pr'], { a: 1 }]) {
      expect((await scim.call('POST', '/Users/.search', { filter })).status).toBe(400);
    }
    expect((await scim.call('GET', '/Users?filter=id%20pr&filter=id%20pr')).status).toBe(400);
    expect((await scim.call('POST', '/Users/.search', { filter: null })).status).toBe(200);
  });

  it('looks at more people than it holds at once, and pages through those that fit', async () => {
    const [own] = await scim.stage.sql<{ tenant_id: string }>('SELECT tenant_id FROM service_accounts WHERE id = $1', [
      scim.program.id,
    ]);
    const profiles = scim.stage.service.app.get(UserProfiles, { strict: false });
    const crowd = await Promise.all(
      Array.from({ length: 450 }, async (_unused, n) => {
        const id = randomUUID();
        return { id, profile: await profiles.seal(id, String(own?.tenant_id), { title: `crowd-${n % 2}` }) };
      }),
    );
    await scim.stage.sql(
      `INSERT INTO users (id, tenant_id, user_principal_name, display_name, status, security_stamp, version, sealed_profile)
       SELECT id, $1, 'crowd-' || id, 'crowd', 'active', 1, 1, profile FROM unnest($2::uuid[], $3::bytea[]) AS made (id, profile)`,
      [own?.tenant_id, crowd.map(({ id }) => id), crowd.map(({ profile }) => profile)],
    );
    const filter = encodeURIComponent('title eq "crowd-1"');
    const seen: unknown[] = [];
    for (let startIndex = 1; startIndex <= 226; startIndex += 50) {
      const { body } = await scim.call('GET', `/Users?filter=${filter}&startIndex=${startIndex}&count=50`);
      expect(body['totalResults']).toBe(225);
      seen.push(...(body['Resources'] as { id: string }[]).map(({ id }) => id));
    }
    expect(new Set(seen).size).toBe(225);
    expect(seen).toEqual([...seen].sort());
    expect((await scim.call('GET', `/Users?filter=${filter}&count=0`)).body).toMatchObject({ totalResults: 225 });
  });

  it('looks at groups by their members', async () => {
    const [member] = names.keys();
    const id = await scim.group(`group ${randomUUID()}`, [member ?? '']);
    for (const filter of [
      `members eq "${member}"`,
      `members.value eq "${member}"`,
      `members[value eq "${member}"]`,
      `members[value eq "${member}"] and displayName sw "group"`,
      `id eq "${id}" and members pr`,
      `displayName sw "group" and not (members[value eq "${randomUUID()}"])`,
    ]) {
      const { body } = await scim.find('Groups', filter);
      expect([filter, body['totalResults']]).toEqual([filter, 1]);
    }
  });
});
