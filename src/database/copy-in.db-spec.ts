import { createTestDatabase, type TestDatabase } from '../../test/support/test-database.js';
import { BinaryRows } from './binary-rows.js';
import { PreparedStatements, runCopy } from './prepared-statements.js';
import { TransactionRunner } from './transaction-runner.js';

const ID = '0198f000-0000-7000-8abc-00000000abcd';
const TEXTS = [
  '',
  'plain',
  'tab\t\\N "quoted" {x,y}',
  'Größe, Łódź',
  '東京',
  '😀',
  'x'.repeat(48),
  'é'.repeat(49),
  `${'y'.repeat(70_000)}é`,
  null,
];
const COPY = 'COPY copied (id, line, bytes) FROM STDIN (FORMAT binary)';

function rowsOf(texts: readonly (string | null)[], id: string | null = ID): Buffer {
  // Less than any row needs: the buffer has to grow.
  const rows = new BinaryRows(3, 0);
  for (const text of texts) {
    rows.row();
    rows.uuid(id);
    rows.text(text);
    rows.binary(text === null ? null : Buffer.from(text.slice(0, 300), 'utf16le'));
  }
  return rows.finish();
}

describe('rows copied in binary form', () => {
  let database: TestDatabase;
  let statements: PreparedStatements;
  const stored = () =>
    database.dataSource.query<{ id: string; line: string; bytes: Buffer }[]>(
      'SELECT id, line, bytes FROM copied ORDER BY n',
    );

  beforeAll(async () => {
    database = await createTestDatabase();
    statements = new PreparedStatements(database.dataSource);
    await database.dataSource.query(
      `CREATE TABLE copied (n serial, id uuid, line text CHECK (line <> 'refused'), bytes bytea)`,
    );
  });
  beforeEach(() => database.dataSource.query('TRUNCATE copied RESTART IDENTITY'));
  afterAll(() => database?.close());

  it('arrive as they are', async () => {
    await statements.copy(COPY, rowsOf(TEXTS));
    await statements.copy(COPY, rowsOf(['no id'], null));
    await statements.copy(COPY, rowsOf(['capitals'], ID.toUpperCase()));
    const rows = await stored();
    expect(rows.map(({ line }) => line)).toEqual([...TEXTS, 'no id', 'capitals']);
    expect(rows.map(({ id }) => id)).toEqual([...TEXTS.map(() => ID), null, ID]);
    expect(rows.map(({ bytes }) => bytes?.toString('utf16le') ?? null).slice(0, TEXTS.length)).toEqual(
      TEXTS.map((text) => text?.slice(0, 300) ?? null),
    );
  });

  it('take nothing for a UUID that is none', () => {
    for (const id of [
      '',
      'me',
      `${ID}0`,
      ID.replaceAll('-', ''),
      `${ID.slice(0, -1)}g`,
      ID.replace('-', '0'),
      `${ID.slice(0, -1)}é`,
    ])
      expect(() => rowsOf(['x'], id)).toThrow(expect.objectContaining({ code: 'request.invalid' }));
  });

  it('are all refused with one of them, and with the statement; the connection goes on', async () => {
    for (let n = 0; n < 3; n++) {
      const bad = statements.copy(COPY, rowsOf(['good', 'refused', 'good']));
      await expect(bad).rejects.toMatchObject({ code: 'request.invalid' });
      const nowhere = statements.copy('COPY nowhere FROM STDIN (FORMAT binary)', rowsOf(Array(2000).fill('x')));
      await expect(nowhere).rejects.toMatchObject({ code: '42P01' });
      await expect(statements.copy(COPY, rowsOf(['a\0b']))).rejects.toMatchObject({ code: 'request.invalid' });
    }
    expect(await stored()).toEqual([]);
    await statements.copy(COPY, rowsOf(['after']));
    expect(await stored()).toHaveLength(1);
  });

  it('stand or fall with the transaction that they are copied in', async () => {
    const transactions = new TransactionRunner(database.dataSource);
    const failed = transactions.run(async (tx) => {
      await runCopy(tx, COPY, rowsOf(['first']));
      await runCopy(tx, COPY, rowsOf(['refused']));
    });
    await expect(failed).rejects.toMatchObject({ code: 'request.invalid' });
    expect(await stored()).toEqual([]);
    await transactions.run(async (tx) => {
      await runCopy(tx, COPY, rowsOf(['one', 'two']));
      await tx.query('UPDATE copied SET line = upper(line)');
    });
    expect((await stored()).map(({ line }) => line)).toEqual(['ONE', 'TWO']);
  });
});
