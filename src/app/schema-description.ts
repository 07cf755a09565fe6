import type { DataSource } from 'typeorm';

interface ColumnRow {
  table_name: string;
  column_name: string;
  type: string;
  nullable: boolean;
  default_value: string | null;
}
interface NamedRow {
  table_name: string;
  name: string;
  definition: string;
}

/** The database's own account of our tables, columns, constraints, indexes and triggers, in a stable order. */
export async function describeSchema(dataSource: DataSource): Promise<string> {
  const columns: ColumnRow[] = await dataSource.query(`
    SELECT c.relname AS table_name, a.attname AS column_name, format_type(a.atttypid, a.atttypmod) AS type,
           NOT a.attnotnull AS nullable, pg_get_expr(d.adbin, d.adrelid) AS default_value
    FROM pg_attribute a
    JOIN pg_class c ON c.oid = a.attrelid AND c.relkind IN ('r', 'p') AND NOT c.relispartition
    JOIN pg_namespace n ON n.oid = c.relnamespace AND n.nspname = 'public'
    LEFT JOIN pg_attrdef d ON d.adrelid = c.oid AND d.adnum = a.attnum
    WHERE a.attnum > 0 AND NOT a.attisdropped
    ORDER BY c.relname, a.attnum`);
  const constraints: NamedRow[] = await dataSource.query(`
    SELECT c.relname AS table_name, k.conname AS name, pg_get_constraintdef(k.oid) AS definition
    FROM pg_constraint k JOIN pg_class c ON c.oid = k.conrelid
    JOIN pg_namespace n ON n.oid = c.relnamespace AND n.nspname = 'public'
    WHERE k.contype <> 'n'
    ORDER BY c.relname, k.conname`);
  const indexes: NamedRow[] = await dataSource.query(`
    SELECT tablename AS table_name, indexname AS name, indexdef AS definition FROM pg_indexes
    WHERE schemaname = 'public' AND indexname NOT IN (SELECT conname FROM pg_constraint)
    ORDER BY tablename, indexname`);
  const triggers: NamedRow[] = await dataSource.query(`
    SELECT c.relname AS table_name, t.tgname AS name, pg_get_triggerdef(t.oid) AS definition
    FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid
    JOIN pg_namespace n ON n.oid = c.relnamespace AND n.nspname = 'public'
    WHERE NOT t.tgisinternal
    ORDER BY c.relname, t.tgname`);

  const of = (rows: NamedRow[], table: string) => rows.filter((row) => row.table_name === table);
  return [...new Set(columns.map((row) => row.table_name))]
    .map((table) => {
      const body = [
        ...columns.filter((row) => row.table_name === table).map(columnLine),
        ...of(constraints, table).map(({ name, definition }) => `CONSTRAINT ${name} ${definition}`),
      ];
      const extras = [...of(indexes, table), ...of(triggers, table)].map(({ definition }) => `${definition};\n`);
      return `CREATE TABLE ${table} (\n  ${body.join(',\n  ')}\n);\n${extras.join('')}`;
    })
    .join('\n');
}

function columnLine({ column_name, type, nullable, default_value }: ColumnRow): string {
  const fallback = default_value === null ? '' : ` DEFAULT ${default_value}`;
  return `${column_name} ${type}${nullable ? '' : ' NOT NULL'}${fallback}`;
}
