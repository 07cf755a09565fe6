import { randomBytes } from 'node:crypto';
import { auditTrail } from '../../test/support/audit-trail.js';
import { type KeysInstance, startKeys } from '../../test/support/keys-stage.js';
import { createTestDatabase, type TestDatabase } from '../../test/support/test-database.js';
import { systemActor } from '../access/actor.js';
import { LIFETIME } from '../auth/lifetimes.js';
import { LONGEST_TOKEN_SECONDS, PUBLISHED_BEFORE_SIGNING_SECONDS, RETIRING_SECONDS } from './key-times.js';
import { LocalMasterKey } from './master-key.js';

const OPERATOR = systemActor('operator');
const SCHEDULE = systemActor('keys.rotation');
const nothing = async () => undefined;

interface Row {
  kid: string;
  state: string;
  erased: boolean;
  activated: boolean;
}

describe('rotation of signing keys', () => {
  const master = new LocalMasterKey(randomBytes(32));
  let database: TestDatabase;
  let one: KeysInstance;
  let other: KeysInstance;
  beforeEach(async () => {
    database = await createTestDatabase({ poolMax: 10 });
    one = await startKeys(database, master);
    other = await startKeys(database, master);
  });
  afterEach(() => database.close());

  const sql = <T = unknown>(query: string, parameters?: unknown[]): Promise<T> =>
    database.dataSource.query(query, parameters);
  const rows = () =>
    sql<Row[]>(
      `SELECT kid, state, octet_length(wrapped_private_key) = 0 AS erased, activated_at IS NOT NULL AS activated
         FROM signing_keys ORDER BY array_position(ARRAY['next', 'current', 'retiring', 'retired'], state), retires_at`,
    );
  const states = async () => (await rows()).map(({ state }) => state);
  const kidOf = async (state: string) => (await rows()).find((row) => row.state === state)?.kid;
  const age = (state: string, column: string, seconds: number) =>
    sql(`UPDATE signing_keys SET ${column} = ${column} - make_interval(secs => $2) WHERE state = $1`, [state, seconds]);
  const recorded = async () =>
    (await auditTrail(one.audit)).map(({ action, actorId, targetId, after }) => ({ action, actorId, targetId, after }));

  it('lets next sign, keeps the one before for verifying, publishes another next, on record', async () => {
    const [next, current] = [await kidOf('next'), await kidOf('current')];
    await age('next', 'created_at', PUBLISHED_BEFORE_SIGNING_SECONDS);
    const rotated = await one.rotation.rotate(OPERATOR, { force: false });
    expect(rotated).toMatchObject({ current: next, retiring: current });
    expect(await rows()).toEqual([
      { kid: rotated.next, state: 'next', erased: false, activated: false },
      { kid: next, state: 'current', erased: false, activated: true },
      { kid: current, state: 'retiring', erased: false, activated: true },
    ]);
    expect(await recorded()).toEqual([
      {
        action: 'keys.signing-key.rotated',
        actorId: 'operator',
        targetId: next,
        after: expect.objectContaining({ retiring: current }),
      },
    ]);
  });

  it('refuses a next key that somebody who keeps our JWKS may not know, says from when on, and changes nothing', async () => {
    await age('next', 'created_at', PUBLISHED_BEFORE_SIGNING_SECONDS - 30);
    const before = await sql('SELECT * FROM signing_keys ORDER BY kid');
    const { keys, now } = await one.rotation.status();
    const readyAt = keys.find(({ state }) => state === 'next')?.readyAt;
    expect((readyAt?.getTime() ?? 0) - now.getTime()).toBeLessThanOrEqual(30_000);
    await expect(one.rotation.rotate(OPERATOR, { force: false })).rejects.toMatchObject({
      code: 'keys.next_too_young',
      kind: 'conflict',
      detail: expect.stringContaining(String(readyAt?.toISOString())),
    });
    expect(await sql('SELECT * FROM signing_keys ORDER BY kid')).toEqual(before);
    expect(await recorded()).toEqual([]);
  });

  it('rotates a young key when forced; three times over, every key that has signed still verifies', async () => {
    const signed: string[] = [];
    for (let i = 0; i < 3; i++) signed.push((await one.rotation.rotate(OPERATOR, { force: true })).retiring);
    expect(await states()).toEqual(['next', 'current', 'retiring', 'retiring', 'retiring']);
    const { ring } = await startKeys(database, master);
    for (const kid of signed) expect((await ring.verificationKey(kid))?.kid).toBe(kid);
  });

  it('rotates as often as it was asked when two instances rotate at the same moment, with one current and one next', async () => {
    const rotations = await Promise.all(
      [one, other, one, other, one, other].map(({ rotation }) => rotation.rotate(OPERATOR, { force: true })),
    );
    expect(new Set(rotations.map(({ current }) => current)).size).toBe(6);
    expect((await states()).filter((state) => state !== 'retiring')).toEqual(['next', 'current']);
  });

  it('keeps a retiring key for longer than any token lives that it may have signed', async () => {
    expect(LIFETIME.accessTokenSeconds).toBeLessThanOrEqual(LONGEST_TOKEN_SECONDS);
    await one.rotation.rotate(OPERATOR, { force: true });
    const [row] = await sql<{ left: number }[]>(
      `SELECT extract(epoch FROM retires_at - clock_timestamp())::float8 AS left FROM signing_keys WHERE state = 'retiring'`,
    );
    expect(row?.left).toBeGreaterThan(LIFETIME.accessTokenSeconds);
    expect(row?.left).toBeLessThanOrEqual(RETIRING_SECONDS);
  });

  it('believes a retiring key no longer than its time, even when nobody has retired it yet', async () => {
    const { retiring } = await one.rotation.rotate(OPERATOR, { force: true });
    await age('retiring', 'retires_at', RETIRING_SECONDS);
    expect(await other.ring.verificationKey('makes it read again')).toBeNull();
    expect(await other.ring.verificationKey(retiring)).toBeNull();
    expect(await states()).toContain('retiring');
  });

  it('retires what is over, erases its private half, on record, and leaves alone what is not over', async () => {
    const { retiring: first } = await one.rotation.rotate(OPERATOR, { force: true });
    await age('retiring', 'retires_at', RETIRING_SECONDS);
    const { retiring: second } = await one.rotation.rotate(OPERATOR, { force: true });
    await one.rotation.keepSchedule(SCHEDULE, nothing);
    const all = await rows();
    expect(all.find(({ kid }) => kid === first)).toMatchObject({ state: 'retired', erased: true });
    expect(all.find(({ kid }) => kid === second)).toMatchObject({ state: 'retiring', erased: false });
    const retirements = (await recorded()).filter(({ action }) => action === 'keys.signing-key.retired');
    expect(retirements.map(({ targetId }) => targetId)).toEqual([first]);
  });

  it('by schedule rotates when the current key has signed for its days and the next one is known, and only then', async () => {
    const current = await kidOf('current');
    expect(await one.rotation.keepSchedule(SCHEDULE, nothing)).toBeNull();
    await age('current', 'activated_at', 30 * 86_400 + 1);
    expect(await one.rotation.keepSchedule(SCHEDULE, nothing)).toBeNull();
    await age('next', 'created_at', PUBLISHED_BEFORE_SIGNING_SECONDS);
    expect(await one.rotation.keepSchedule(SCHEDULE, nothing)).toMatchObject({ retiring: current });
    expect(await one.rotation.keepSchedule(SCHEDULE, nothing)).toBeNull();
  });

  it('rotates not at all when the run that asked for it has been overtaken', async () => {
    await age('current', 'activated_at', 40 * 86_400);
    await age('next', 'created_at', 86_400);
    const before = await rows();
    const overtaken = one.rotation.keepSchedule(SCHEDULE, () => Promise.reject(new Error('overtaken')));
    await expect(overtaken).rejects.toThrow('overtaken');
    expect(await rows()).toEqual(before);
  });

  it('tells operators every key, its times and when the schedule will rotate', async () => {
    await one.rotation.rotate(OPERATOR, { force: true });
    const { keys, rotationDueAt, now } = await other.rotation.status();
    expect(keys.map(({ state }) => state)).toEqual(['next', 'current', 'retiring']);
    const days = (rotationDueAt.getTime() - now.getTime()) / 86_400_000;
    expect([days > 29.9, days <= 30]).toEqual([true, true]);
    expect(keys[2]?.retiresAt).toBeInstanceOf(Date);
  });
});
