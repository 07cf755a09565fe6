import { createTestDatabase, type TestDatabase } from '../../../test/support/test-database.js';
import { defineSealedColumn } from '../../crypto/sealed-columns.js';
import { type Transaction, TransactionRunner } from '../../database/transaction-runner.js';
import { type StoredColumn, storedColumns } from './stored-columns.js';
import { StoredValuesRepository, type VersionedColumn } from './stored-values.repository.js';
import { StoredValues } from './stored-values.service.js';

defineSealedColumn({ table: 'moving_things', column: 'secret', row: 'id', tenant: null, rewrap: true });
const UNDER_ONE = Buffer.concat([Buffer.of(2, 0, 0, 0, 1), Buffer.alloc(60)]);

/** After the first range of blocks was read, the row moves into it. */
class WithSomebodyWriting extends StoredValuesRepository {
  private moved = false;

  constructor(private readonly move: () => Promise<unknown>) {
    super();
  }

  override async holdsVersion(
    tx: Transaction,
    leaf: string,
    column: VersionedColumn,
    version: number,
    other: boolean,
    range: readonly [number, number],
  ): Promise<boolean> {
    const holds = await super.holdsVersion(tx, leaf, column, version, other, range);
    if (!this.moved) {
      this.moved = true;
      await this.move();
    }
    return holds;
  }
}

describe('what lies under a key', () => {
  let database: TestDatabase;
  beforeAll(async () => {
    database = await createTestDatabase();
    for (const statement of [
      'CREATE TABLE moving_things (id integer, part integer, secret bytea) PARTITION BY LIST (part)',
      'CREATE TABLE moving_things_a PARTITION OF moving_things FOR VALUES IN (1)',
      'CREATE TABLE moving_things_b PARTITION OF moving_things FOR VALUES IN (2)',
    ]) {
      await database.dataSource.query(statement);
    }
  });
  beforeEach(async () => {
    await database.dataSource.query('TRUNCATE moving_things');
    for (const part of [1, 2]) {
      await database.dataSource.query('INSERT INTO moving_things VALUES ($1, $1, $2)', [
        part,
        part === 2 ? UNDER_ONE : Buffer.concat([Buffer.of(2, 0, 0, 0, 2), Buffer.alloc(60)]),
      ]);
    }
  });
  afterAll(() => database.close());

  const column = storedColumns().find(({ sealed }) => sealed.table === 'moving_things') as StoredColumn;
  const stored = () =>
    new StoredValues(
      new TransactionRunner(database.dataSource),
      new WithSomebodyWriting(() => database.dataSource.query('UPDATE moving_things SET part = 1 WHERE part = 2')),
    );

  it('is found though it moves, while it is looked for, to where was looked already', async () => {
    expect(await stored().holdsVersion([column], 1)).toBe(true);
    expect(await stored().holdsVersion([column], 3)).toBe(false);
  });

  it('is found so too where anything under another key is looked for', async () => {
    expect(await stored().holdsOthers(column, 2)).toBe(true);
  });
});
