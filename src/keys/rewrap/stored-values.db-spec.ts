import { createTestDatabase, type TestDatabase } from '../../../test/support/test-database.js';
import { defineSealedColumn } from '../../crypto/sealed-columns.js';
import { TransactionRunner } from '../../database/transaction-runner.js';
import { type StoredColumn, storedColumns } from './stored-columns.js';
import { type HeldRows, ROWS_AT_ONCE, StoredValuesRepository } from './stored-values.repository.js';
import { StoredValues } from './stored-values.service.js';

defineSealedColumn({ table: 'moving_things', column: 'secret', row: 'id', tenant: null, rewrap: true });
const UNDER_ONE = Buffer.concat([Buffer.of(2, 0, 0, 0, 1), Buffer.alloc(60)]);

/** After the first page was read, somebody writes. */
class WithSomebodyWriting extends StoredValuesRepository {
  private hasWritten = false;

  constructor(private readonly write: () => Promise<unknown>) {
    super();
  }

  override async holdsVersion(...asked: Parameters<StoredValuesRepository['holdsVersion']>): Promise<HeldRows> {
    const page = await super.holdsVersion(...asked);
    if (!this.hasWritten) {
      this.hasWritten = true;
      await this.write();
    }
    return page;
  }
}

describe('what lies under a key', () => {
  let database: TestDatabase;
  beforeAll(async () => {
    database = await createTestDatabase();
    for (const statement of [
      'CREATE TABLE moving_things (id integer, part integer, secret bytea, PRIMARY KEY (id, part)) PARTITION BY LIST (part)',
      'CREATE TABLE moving_things_a PARTITION OF moving_things FOR VALUES IN (1)',
      'CREATE TABLE moving_things_b PARTITION OF moving_things FOR VALUES IN (2)',
    ]) {
      await database.dataSource.query(statement);
    }
  });
  beforeEach(async () => {
    await database.dataSource.query('TRUNCATE moving_things');
    await database.dataSource.query('INSERT INTO moving_things SELECT n, 1, $2 FROM generate_series(1, $1::int) AS n', [
      ROWS_AT_ONCE + 10,
      Buffer.concat([Buffer.of(2, 0, 0, 0, 2), Buffer.alloc(60)]),
    ]);
    await database.dataSource.query('INSERT INTO moving_things VALUES ($1, 2, $2)', [ROWS_AT_ONCE + 11, UNDER_ONE]);
  });
  afterAll(() => database.close());

  const column = storedColumns().find(({ sealed }) => sealed.table === 'moving_things') as StoredColumn;
  const stored = () =>
    new StoredValues(
      new TransactionRunner(database.dataSource),
      new WithSomebodyWriting(() =>
        database.dataSource.transaction(async (tx) => {
          await tx.query(`SET LOCAL lock_timeout = '5s'`);
          // Nobody who only looks keeps anything locked.
          await tx.query('LOCK TABLE moving_things IN ACCESS EXCLUSIVE MODE');
          await tx.query('DELETE FROM moving_things WHERE id < 100');
          await tx.query('UPDATE moving_things SET part = 1 WHERE part = 2');
        }),
      ),
    );

  it('is found though it moves, while it is looked for, to where was looked already, and nothing is held back meanwhile', async () => {
    expect(await stored().holdsVersion([column], 1)).toBe(true);
    expect(await stored().holdsVersion([column], 3)).toBe(false);
  });

  it('is found so too where anything under another key is looked for', async () => {
    expect(await stored().holdsOthers(column, 2)).toBe(true);
  });
});
