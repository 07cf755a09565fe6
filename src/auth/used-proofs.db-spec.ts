import { createTestDatabase, type TestDatabase } from '../../test/support/test-database.js';
import { TransactionRunner } from '../database/transaction-runner.js';
import { type ProofPurpose, UsedProofs } from './used-proofs.repository.js';

describe('used proofs', () => {
  let database: TestDatabase;
  let transactions: TransactionRunner;
  const proofs = new UsedProofs();
  const soon = () => Math.floor(Date.now() / 1000) + 60;
  const take = (issuer: string, jti: string, purpose: ProofPurpose = 'dpop', expiresAt = soon()) =>
    transactions.read((tx) => proofs.take(tx, purpose, issuer, jti, expiresAt));
  const count = async () => {
    const [row]: { count: number }[] = await database.dataSource.query(
      'SELECT count(*)::int AS count FROM used_proofs',
    );
    return row?.count;
  };

  beforeAll(async () => {
    database = await createTestDatabase({ poolMax: 20 });
    transactions = new TransactionRunner(database.dataSource);
  });
  afterAll(() => database.close());
  beforeEach(() => database.dataSource.query('DELETE FROM used_proofs'));

  it('are good once, and again for another purpose, another issuer, or in another case', async () => {
    expect(await take('a', 'jti')).toBe(true);
    expect(await take('a', 'jti')).toBe(false);
    expect(await take('a', 'jti', 'client-assertion')).toBe(true);
    expect(await take('a', 'jti', 'logout-token')).toBe(true);
    expect(await take('b', 'jti')).toBe(true);
    expect(await take('a', 'JTI')).toBe(true);
  });

  it('are not mixed up where the parts of two run together to the same text', async () => {
    expect(await take('ab', 'c')).toBe(true);
    expect(await take('a', 'bc')).toBe(true);
  });

  it('are good for exactly one of 200 that ask at once', async () => {
    const answers = await Promise.all(Array.from({ length: 200 }, () => take('a', 'jti')));
    expect(answers.filter(Boolean)).toHaveLength(1);
  });

  it('are good for exactly one of two transactions: the second waits for what becomes of the first', async () => {
    let second: Promise<boolean> | undefined;
    await transactions.run(async (tx) => {
      expect(await proofs.take(tx, 'dpop', 'a', 'jti', soon())).toBe(true);
      second = take('a', 'jti');
      await new Promise((resolve) => setTimeout(resolve, 50));
    });
    expect(await second).toBe(false);
  });

  it('are told apart when they are long or strange, and refused when they are longer, empty or no text', async () => {
    for (const jti of ['x'.repeat(256), '\0', "'; DROP TABLE used_proofs; --", '\u{1f600}', ' ']) {
      expect([jti, await take('a', jti), await take('a', jti)]).toEqual([jti, true, false]);
    }
    for (const jti of ['', 'x'.repeat(257), 'x'.repeat(100_000), 7 as never, null as never, ['x'] as never]) {
      expect([jti, await take('a', jti)]).toEqual([jti, false]);
    }
  });

  it('stay used for a minute after they have expired, for clocks that differ', async () => {
    const past = Math.floor(Date.now() / 1000) - 30;
    expect(await take('a', 'old', 'dpop', past)).toBe(true);
    expect(await take('a', 'other')).toBe(true);
    expect(await take('a', 'old', 'dpop', past)).toBe(false);
  });

  it('are forgotten a few at a time once they are worth nothing, so that the table stays small', async () => {
    await database.dataSource.query(
      `INSERT INTO used_proofs SELECT sha256(n::text::bytea), now() - interval '1 second' FROM generate_series(1, 20) n`,
    );
    await take('a', '1');
    const afterOne = await count();
    for (let n = 2; n <= 8; n++) await take('a', String(n));
    expect([afterOne, await count()]).toEqual([16, 8]);
  });

  it('are kept as digests only: the database shows no jti', async () => {
    await take('issuer', 'jti-of-somebody');
    const [row]: { digest: Buffer }[] = await database.dataSource.query('SELECT digest FROM used_proofs');
    expect(row?.digest).toHaveLength(32);
    expect(row?.digest.includes('jti-of')).toBe(false);
  });
});
