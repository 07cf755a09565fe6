import crypto, { randomBytes, randomUUID } from 'node:crypto';
import type { Answer } from '../auth/auth-stage.js';
import { type Program, ProgramStage } from './program-stage.js';
import { SenderKey } from './sender-key.js';

/** Study 3, family "enumeration and brute force": that the work is the same is counted, not timed. */
describe('whoever guesses', () => {
  let programs: ProgramStage;
  let program: Program;
  let disabled: Program;
  let keyed: Program;
  const [key, foreign] = [new SenderKey(), new SenderKey()];
  beforeAll(async () => {
    programs = await ProgramStage.start({ RATE_LIMIT_TOKENS_PER_MINUTE: '0' });
    program = await programs.program();
    disabled = await programs.program();
    keyed = await programs.program({ key });
    await programs.stage.sql(`UPDATE service_accounts SET status = 'disabled' WHERE id = $1`, [disabled.id]);
  }, 60_000);
  afterAll(() => programs.close());
  afterEach(() => jest.restoreAllMocks());

  /** How often each of these was really called during a request, and what was answered. */
  const work = async (ask: () => Promise<Answer>) => {
    const [compare, verify] = [jest.spyOn(crypto, 'timingSafeEqual'), jest.spyOn(crypto, 'verify')];
    const { status, headers, body } = await ask();
    const counts = { compared: compare.mock.calls.length, verified: verify.mock.calls.length };
    jest.restoreAllMocks();
    return {
      ...counts,
      status,
      challenge: headers.get('www-authenticate'),
      error: body['error'],
      detail: body['detail'],
    };
  };
  const secret = () => `bxs_${randomBytes(32).toString('base64url')}`;

  it('Vault CVE-2025-6011 (timing): a client that is unknown, disabled or has another secret costs the same comparisons', async () => {
    const expected = await work(() => programs.clientCredentials({ ...program, secret: secret() }));
    expect(expected).toMatchObject({ compared: 2, status: 401, error: 'invalid_client' });
    for (const guess of [
      { ...program, id: randomUUID(), secret: secret() },
      { ...program, id: 'nobody', secret: secret() },
      { ...disabled, secret: secret() },
      disabled,
      { ...keyed, secret: secret() },
      { ...program, secret: program.secret.slice(0, -1) },
      { ...program, secret: 'x' },
    ]) {
      expect(await work(() => programs.clientCredentials(guess))).toEqual(expected);
    }
    expect(await work(() => programs.clientCredentials(program))).toMatchObject({ compared: 2, status: 200 });
  });

  it('Vault CVE-2025-6011 (timing): an assertion in the name of nobody costs as many signatures as one in a wrong name', async () => {
    const wrong = await work(() => programs.byAssertion(foreign.assertion(keyed.id)));
    expect(wrong).toMatchObject({ verified: 2, status: 401, error: 'invalid_client' });
    for (const id of [randomUUID(), program.id, disabled.id, 'nobody']) {
      expect(await work(() => programs.byAssertion(foreign.assertion(id)))).toEqual(wrong);
    }
    expect(await work(() => programs.byAssertion(key.assertion(keyed.id)))).toMatchObject({ verified: 2, status: 200 });
  });

  it('Zitadel CVE-2026-23511, CVE-2025-64102: who knows an id is told no more than who made one up', async () => {
    const token = await programs.accessToken(program);
    const user = await programs.userId(1);
    for (const path of ['/users/', '/service-accounts/', '/rbac/assignments?subject=']) {
      const shapes = await Promise.all(
        [user, program.id, randomUUID()].map(async (id) => {
          const { status, body } = await programs.get(`${path}${id}`, { authorization: `Bearer ${token}` });
          return JSON.stringify([status, body['code'], body['detail'], body['title']]);
        }),
      );
      expect(new Set(shapes).size).toBe(1);
      expect(shapes[0]).toContain('access.denied');
    }
    expect((await programs.admin('GET', `/users/${user}`)).status).toBe(200);
  });
});
