import type { DataSource, EntityManager } from 'typeorm';
import { newId } from '../kernel/ids/ids.js';

/** Of a table that isn't named here: what changing rows needs. Nobody who runs truncates, alters or takes triggers away. */
const ROWS = ['SELECT', 'INSERT', 'UPDATE', 'DELETE'];
/** What the tables of the trail and of the migrations allow: columns, where a privilege is for some only. */
const TABLES: Readonly<Record<string, readonly string[]>> = {
  migrations: ['SELECT'],
  audit_events: ['SELECT', 'INSERT'],
  audit_leaves: ['SELECT', 'INSERT'],
  audit_checkpoints: ['SELECT', 'INSERT'],
  audit_tiles: ['SELECT', 'INSERT', 'UPDATE (hashes)'],
  audit_trees: ['SELECT', 'INSERT', 'UPDATE (size, published_size, sealed_head)'],
  // Whoever takes rows locks them, for which PostgreSQL wants the right to change a column.
  audit_pending: ['SELECT', 'INSERT', 'DELETE', 'UPDATE (event_id)'],
  audit_holds: ['SELECT', 'INSERT', 'UPDATE'],
  audit_streams: ['SELECT', 'INSERT', 'UPDATE'],
  audit_patrols: ['SELECT', 'INSERT', 'UPDATE'],
  audit_drops: ['SELECT', 'INSERT', 'UPDATE'],
  audit_months_before: ['SELECT'],
  audit_retention_floors: ['SELECT'],
};
/** Of a table of the trail that isn't named above. */
const APPENDED = ['SELECT', 'INSERT'];
/** The only ways for the running role to what the owner alone may do. */
const FUNCTIONS = ['ensure_audit_partitions(timestamptz, integer)', 'drop_audit_partition(text, text)'];
const QUEUE = 'graphile_worker';
/** Roles of PostgreSQL's own that reach past every grant. */
const MIGHTY = [
  'pg_write_all_data',
  'pg_maintain',
  'pg_execute_server_program',
  'pg_read_server_files',
  'pg_write_server_files',
];

export interface GrantOptions {
  /** For how many days at least months of a class are kept, whoever asks for their end. */
  floors: Readonly<Record<string, number>>;
  /** Of the record that is left in the trail. */
  action: string;
}

/** Half a sentence on why a role can't be the one that the service runs as. */
export class RoleRefused extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'RoleRefused';
  }
}

/**
 * Gives a role exactly what running the service needs, table by table, and takes from it what it has besides. To be called as the owner
 * of the tables, after each migration.
 *
 * @throws RoleRefused when the role could do more all the same
 */
export async function grantRunningRole(dataSource: DataSource, role: string, options: GrantOptions): Promise<void> {
  const { floors } = options;
  await dataSource.transaction(async (tx) => {
    await assertFit(tx, role);
    await assertKeysKnown(tx);
    const [{ schema }] = await tx.query<[{ schema: string }]>('SELECT current_schema() AS schema');
    const to = quoted(role);
    for (const name of [schema, QUEUE]) {
      await tx.query(`REVOKE CREATE ON SCHEMA ${quoted(name)} FROM PUBLIC, ${to}`);
      await tx.query(`GRANT USAGE ON SCHEMA ${quoted(name)} TO ${to}`);
      await tx.query(`REVOKE ALL ON ALL TABLES IN SCHEMA ${quoted(name)} FROM ${to}`);
      await tx.query(`REVOKE ALL ON ALL SEQUENCES IN SCHEMA ${quoted(name)} FROM ${to}`);
      await tx.query(`GRANT USAGE ON ALL SEQUENCES IN SCHEMA ${quoted(name)} TO ${to}`);
    }
    for (const { table, isPartition } of await tablesOf(tx, schema)) {
      // A partition is reached by its table alone.
      if (!isPartition)
        await tx.query(`GRANT ${rightsOf(table).join(', ')} ON ${quoted(schema)}.${quoted(table)} TO ${to}`);
    }
    for (const name of FUNCTIONS) await tx.query(`GRANT EXECUTE ON FUNCTION ${quoted(schema)}.${name} TO ${to}`);
    await grantQueue(tx, to);
    for (const [name, days] of Object.entries(floors)) {
      await tx.query(
        `INSERT INTO audit_retention_floors (retention_class, days) VALUES ($1, $2)
         ON CONFLICT (retention_class) DO UPDATE SET days = excluded.days`,
        [name, days],
      );
    }
    await assertNoMore(tx, role, schema);
    await recordGrant(tx, role, options);
  });
}

/** In clear, without states: whoever owns the tables need not have the keys. */
async function recordGrant(tx: EntityManager, role: string, { floors, action }: GrantOptions): Promise<void> {
  const kept = Object.entries(floors).map(([name, days]) => `${name} for ${days} days`);
  await tx.query(
    `INSERT INTO audit_events (id, retention_class, action, outcome, reason, actor_type, actor_id, target_type, target_id)
     VALUES ($1, 'security', $2, 'success', $3, 'system', 'operator', 'database-role', $4)`,
    [newId(), action, `Records are kept at least: ${kept.join(', ')}.`, role],
  );
}

function rightsOf(table: string): readonly string[] {
  return TABLES[table] ?? (table.startsWith('audit_') ? APPENDED : ROWS);
}

/** The queue's own tables have row security, which lets nobody through but their owner and whom a policy names. */
async function grantQueue(tx: EntityManager, to: string): Promise<void> {
  for (const { table, isSecured } of await tablesOf(tx, QUEUE)) {
    const name = `${QUEUE}.${quoted(table)}`;
    await tx.query(`GRANT ${(table === 'migrations' ? ['SELECT'] : ROWS).join(', ')} ON ${name} TO ${to}`);
    if (!isSecured) continue;
    await tx.query(`DROP POLICY IF EXISTS blindspotx_running ON ${name}`);
    await tx.query(`CREATE POLICY blindspotx_running ON ${name} TO ${to} USING (true) WITH CHECK (true)`);
  }
}

interface FoundTable {
  table: string;
  isPartition: boolean;
  isSecured: boolean;
}

/** Tables and views. */
function tablesOf(tx: EntityManager, schema: string): Promise<FoundTable[]> {
  return tx.query<FoundTable[]>(
    `SELECT relname AS table, relispartition AS "isPartition", relrowsecurity AS "isSecured" FROM pg_class
      WHERE relnamespace = $1::regnamespace AND relkind IN ('r', 'p', 'v') ORDER BY relname`,
    [quoted(schema)],
  );
}

/** Whoever owns a table, or may become its owner, isn't kept from anything by what was granted. */
async function assertFit(tx: EntityManager, role: string): Promise<void> {
  const [found] = await tx.query<
    {
      isAbove: boolean;
      isMe: boolean;
      owned: string | null;
      owns: boolean;
      willGet: boolean;
      mayBecome: string | null;
    }[]
  >(
    `SELECT rolsuper OR rolcreaterole OR rolbypassrls OR rolreplication AS "isAbove", rolname = current_user AS "isMe",
            (SELECT min(relname) FROM pg_class WHERE relowner = role.oid AND relpersistence <> 't') AS owned,
            EXISTS (SELECT FROM pg_database WHERE datname = current_database() AND datdba = role.oid)
              OR EXISTS (SELECT FROM pg_namespace WHERE nspowner = role.oid)
              OR EXISTS (SELECT FROM pg_proc WHERE proowner = role.oid) AS owns,
            has_database_privilege(role.oid, current_database(), 'CREATE')
              OR EXISTS (SELECT FROM pg_default_acl, aclexplode(defaclacl) WHERE grantee IN (0, role.oid) AND defaclobjtype = 'r') AS "willGet",
            (SELECT min(other.rolname) FROM pg_roles other
              WHERE other.oid <> role.oid AND pg_has_role(role.oid, other.oid, 'MEMBER')
                AND (other.rolsuper OR other.rolname = ANY ($2) OR EXISTS (SELECT FROM pg_class WHERE relowner = other.oid))) AS "mayBecome"
       FROM pg_roles role WHERE rolname = $1`,
    [role, MIGHTY],
  );
  if (found === undefined) throw new RoleRefused(`there is no role ${role}: CREATE ROLE … LOGIN PASSWORD … first`);
  if (found.isMe) throw new RoleRefused(`${role} is the role of DATABASE_URL: run this as the owner of the tables`);
  if (found.isAbove)
    throw new RoleRefused(`${role} is a superuser, or may create roles, replicate or pass row security`);
  if (found.owned !== null || found.owns)
    throw new RoleRefused(`${role} owns ${found.owned ?? 'a schema, a function or the database'}`);
  if (found.willGet)
    throw new RoleRefused(
      `${role} may create schemas, or ALTER DEFAULT PRIVILEGES gives it tables that are still to come`,
    );
  if (found.mayBecome !== null) throw new RoleRefused(`${role} is a member of ${found.mayBecome}`);
}

/** Keys from before there were check values get theirs at a start, which then settles the constraint: that takes the owner. */
async function assertKeysKnown(tx: EntityManager): Promise<void> {
  const open = await tx.query<unknown[]>(
    `SELECT FROM pg_constraint WHERE conname IN ('ck_data_keys_check_value', 'ck_index_keys_check_value') AND NOT convalidated`,
  );
  if (open.length > 0)
    throw new RoleRefused('keys have no check values yet: start the service once as the owner first');
}

/** What comes from elsewhere, such as from PUBLIC or a role that it is a member of, is found here. */
async function assertNoMore(tx: EntityManager, role: string, schema: string): Promise<void> {
  if (await has(tx, 'SELECT has_schema_privilege($1, $2, $3) AS has', [role, schema, 'CREATE']))
    throw new RoleRefused(`${role} may still create in the schema ${schema}`);
  for (const { table, isPartition } of await tablesOf(tx, schema)) {
    const columns = await updatable(tx, role, `${quoted(schema)}.${quoted(table)}`);
    const surplus = columns.find((column) => isPartition || !mayUpdate(table, column));
    if (surplus !== undefined)
      throw new RoleRefused(`${role} may change ${table}.${surplus} by a grant from elsewhere`);
    const allowed = isPartition ? [] : rightsOf(table).filter((right) => !right.includes('('));
    for (const right of [...ROWS, 'TRUNCATE', 'REFERENCES', 'TRIGGER']) {
      if (allowed.includes(right)) continue;
      if (
        await has(tx, 'SELECT has_table_privilege($1, $2, $3) AS has', [
          role,
          `${quoted(schema)}.${quoted(table)}`,
          right,
        ])
      )
        throw new RoleRefused(`${role} has ${right} on ${table} from elsewhere`);
    }
  }
}

function mayUpdate(table: string, column: string): boolean {
  return rightsOf(table).some(
    (right) => right === 'UPDATE' || /^UPDATE \((.*)\)$/.exec(right)?.[1]?.split(', ').includes(column),
  );
}

async function updatable(tx: EntityManager, role: string, table: string): Promise<string[]> {
  const rows = await tx.query<{ name: string }[]>(
    `SELECT attname AS name FROM pg_attribute
      WHERE attrelid = $2::regclass AND attnum > 0 AND NOT attisdropped AND has_column_privilege($1, attrelid, attnum, 'UPDATE')`,
    [role, table],
  );
  return rows.map(({ name }) => name);
}

async function has(tx: EntityManager, statement: string, parameters: readonly string[]): Promise<boolean> {
  const [row] = await tx.query<{ has: boolean }[]>(statement, [...parameters]);
  return row?.has === true;
}

/** As part of a statement: GRANT takes no parameters. */
function quoted(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}
