import { ranCli } from '../../../test/support/ran-cli.js';
import { createTestDatabase, type TestDatabase } from '../../../test/support/test-database.js';
import { register } from './operator-commands.js';

describe('blindspotx keys', () => {
  let database: TestDatabase;
  beforeAll(async () => {
    database = await createTestDatabase();
  });
  afterAll(() => database.close());

  const rotate = (...args: string[]) =>
    ranCli(['keys', 'rotate', ...args], {
      env: { DATABASE_URL: database.url, MASTER_KEY: Buffer.alloc(32, 'test-key').toString('base64') },
      commands: [register],
    });

  it('rotate all says of each kind whether it was rotated, when the next key of some is too young', async () => {
    const { code, out, err } = await rotate('all');
    expect(out).toMatch(/^signing key was not rotated: .*force it/m);
    expect(out).toMatch(/^data key 2 is in use from now on, after 1$/m);
    expect(out).toMatch(/^index key was not rotated: .*force it/m);
    expect(out).toMatch(/^checkpoint key \S+ is in use from now on/m);
    expect([code, err]).toEqual([2, 'blindspotx: not rotated: signing, index; the others were\n']);
    const rows: { action: string }[] = await database.dataSource.query(
      `SELECT DISTINCT action FROM audit_events WHERE action LIKE 'keys.%.rotated' ORDER BY action`,
    );
    expect(rows.map(({ action }) => action)).toEqual(['keys.checkpoint-key.rotated', 'keys.data-key.rotated']);
  }, 120_000);

  it('rotate of one kind is refused in one line', async () => {
    const { code, out, err } = await rotate('index');
    expect([code, out]).toEqual([2, '']);
    expect(err).toMatch(/^blindspotx: Not every instance may know the next index key [^\n]*force it\.\n$/);
  }, 120_000);

  it('rotate all, when forced, rotates all', async () => {
    const { code, out, err } = await rotate('all', '--force');
    expect([code, err]).toEqual([0, '']);
    expect(out).toMatch(/^current {3}\S+ {2}signs from now on$/m);
    expect(out.match(/is in use from now on/g)).toHaveLength(3);
  }, 120_000);

  it('status says what index keys are for, which no query can count', async () => {
    const { code, out } = await ranCli(['keys', 'status'], {
      env: { DATABASE_URL: database.url, MASTER_KEY: Buffer.alloc(32, 'test-key').toString('base64') },
      commands: [register],
    });
    expect(code).toBe(0);
    expect(out).toMatch(/^by index keys: fingerprints of masked secrets inside audit_events\.sealed_states/m);
  }, 120_000);
});
