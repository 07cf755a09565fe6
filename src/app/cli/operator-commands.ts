import { Argument, type Command, InvalidArgumentError } from 'commander';
import type { DataSource } from 'typeorm';
import type { Settings } from '../../config/settings.js';
import type { RotatableKind } from '../keys-by-operator.js';
import { CliError, type CliIo } from './cli-io.js';

const KEY_KINDS: readonly RotatableKind[] = ['signing', 'data', 'index', 'checkpoint', 'all'];

/** Operator's work on the database of the environment (DATABASE_URL, in development also DATA_DIR): migrations, keys, and the way in when nobody has one. */
export function register(program: Command, io: CliIo): void {
  const db = program.command('db').description('the database of this installation');
  db.command('migrate')
    .description('run the migrations that are pending')
    .option('--beside-running', 'although instances run: those of an older version fail at what they no longer find')
    .action((options: { besideRunning?: boolean }) =>
      withDatabase(io, async (settings, dataSource) => {
        const { migrateUnderLock } = await import('../../database/open-data-source.js');
        const { migrateQueue } = await import('../../jobs/migrate-queue.js');
        if (options.besideRunning !== true) await assertNobodyRuns(dataSource);
        const ran = await migrateUnderLock(dataSource).catch(explainTimeout);
        await migrateQueue(settings.DATABASE_URL ?? '');
        io.out(ran.length === 0 ? 'nothing was pending\n' : ran.map((name) => `ran ${name}\n`).join(''));
      }),
    );
  db.command('status')
    .description('which migrations have run; exit 1 when some are pending')
    .action(() =>
      withDatabase(io, async (_settings, dataSource) => {
        const { migrationStatus } = await import('../../database/open-data-source.js');
        const rows = await migrationStatus(dataSource);
        io.out(rows.map(({ name, hasRun }) => `${hasRun ? 'ran    ' : 'pending'} ${name}\n`).join(''));
        if (rows.some(({ hasRun }) => !hasRun)) io.exitCode = 1;
      }),
    );
  db.command('grant')
    .argument('<role>', 'an existing role of PostgreSQL that owns nothing; the service then runs as it')
    .description('give a role exactly what running the service needs; as the owner of the tables, after each migration')
    .action((role: string) =>
      withDatabase(io, async (settings, dataSource) => {
        const { grantRunningRole, RoleRefused } = await import('../../database/running-role.js');
        const { RETENTION_ACTIONS } = await import('../../audit/retention/retention.events.js');
        const action = RETENTION_ACTIONS['audit.role.granted'];
        const { AUDIT_RETENTION_SECURITY_DAYS: security, AUDIT_RETENTION_OPERATION_DAYS: operation } = settings;
        try {
          await grantRunningRole(dataSource, role, { floors: { security, operation }, action });
        } catch (error) {
          if (error instanceof RoleRefused) throw new CliError(`nothing was granted: ${error.message}`);
          throw error;
        }
        io.out(
          `${role} may run the service; audit records are kept ${security} (security) and ${operation} days at least\n`,
        );
      }),
    );
  registerKeys(program, io);
  registerTenants(program, io);
  registerStreams(program, io);
  program
    .command('admin')
    .description('the way in when nobody has one')
    .command('grant')
    .argument('<user>', 'id, object id or user principal name of somebody who has signed in before')
    .option('--role <role>', 'role to grant', 'administrator')
    .description('give a role to a user, recorded in the audit trail as the operator')
    .action((user: string, options: { role: string }) =>
      withDatabase(io, async (settings, dataSource) => {
        const { grantByOperator } = await import('../grant-by-operator.js');
        const { displayName, granted } = await grantByOperator(settings, dataSource, user, options.role);
        io.out(granted ? `${displayName} is now ${options.role}\n` : `${displayName} was ${options.role} already\n`);
      }),
    );
}

function registerStreams(program: Command, io: CliIo): void {
  // What the API offers of the trail is there already.
  const audit = program.commands.find((command) => command.name() === 'audit') ?? program.command('audit');
  const stream = audit.commands.find((command) => command.name() === 'stream') ?? audit.command('stream');
  stream
    .command('rewind')
    .argument('<name>', 'syslog, https or stdout')
    .requiredOption('--to <place>', 'the first place of the log (leafIndex) that is delivered again', (text) => {
      const place = Number(text);
      if (!/^\d+$/.test(text) || !Number.isSafeInteger(place))
        throw new InvalidArgumentError('It is a place of the log.');
      return place;
    })
    .description('deliver a stream once more from a place on, recorded in the audit trail as the operator')
    .action((name: string, { to }: { to: number }) =>
      withDatabase(io, async (settings, dataSource) => {
        const { rewindStreamByOperator } = await import('../rewind-stream-by-operator.js');
        const { from } = await rewindStreamByOperator(settings, dataSource, name, to);
        io.out(`${name} goes on from ${to}; it was at ${from}\n`);
      }),
    );
}

function registerTenants(program: Command, io: CliIo): void {
  program
    .command('tenants')
    .description('whose people may sign in')
    .command('allow')
    .argument('<directory-id>', 'the Entra tenant, which must be here already')
    .description('let the people of a tenant sign in again, recorded in the audit trail as the operator')
    .action((directoryId: string) =>
      withDatabase(io, async (settings, dataSource) => {
        const { isUuid } = await import('../../kernel/ids/ids.js');
        if (!isUuid(directoryId)) throw new CliError('the directory id of a tenant is a UUID');
        const { allowTenantByOperator } = await import('../allow-tenant-by-operator.js');
        const { displayName, changed } = await allowTenantByOperator(settings, dataSource, directoryId);
        io.out(`people of ${displayName} ${changed ? 'may sign in again' : 'could sign in already'}\n`);
      }),
    );
}

function registerKeys(program: Command, io: CliIo): void {
  const keys = program
    .command('keys')
    .description('the keys of this installation: of tokens, secrets, indexes and checkpoints');
  keys
    .command('rotate')
    .addArgument(new Argument('[kind]', 'which keys').choices(KEY_KINDS).default('signing'))
    .option('--force', 'also when the next key is not yet known to everybody who needs it')
    .description('put other keys in the place of those in use, without a failed request')
    .action((kind: RotatableKind, options: { force?: boolean }) =>
      withDatabase(io, async (settings, dataSource) => {
        const { rotateKeysByOperator } = await import('../keys-by-operator.js');
        const { describeOutcomes } = await import('./describe-keys.js');
        const outcomes = await rotateKeysByOperator(settings, dataSource, kind, options.force === true);
        const refused = outcomes.filter((outcome) => 'refused' in outcome);
        const [only] = refused;
        if (only !== undefined && outcomes.length === 1) throw only.refused;
        io.out(describeOutcomes(outcomes));
        if (refused.length === 0) return;
        const others = outcomes.length === refused.length ? 'and no other was' : 'the others were';
        throw new CliError(`not rotated: ${refused.map((outcome) => outcome.kind).join(', ')}; ${others}`);
      }),
    );
  keys
    .command('rewrap')
    .description('wrap every key by the key-encryption key of now, and write again what lies under older keys')
    .action(() =>
      withDatabase(io, async (settings, dataSource) => {
        const { rewrapKeysByOperator } = await import('../keys-by-operator.js');
        const { describeRewrapped } = await import('./describe-keys.js');
        io.out(describeRewrapped(await rewrapKeysByOperator(settings, dataSource)));
      }),
    );
  keys
    .command('status')
    .option('--json', 'for programs')
    .description('every key, how old and how much used, what lies under it, and how far it is written again')
    .action((options: { json?: boolean }) =>
      withDatabase(io, async (settings, dataSource) => {
        const { keysStatusByOperator } = await import('../keys-by-operator.js');
        const { describeKeys, describeStored } = await import('./describe-keys.js');
        const { signing, status } = await keysStatusByOperator(settings, dataSource);
        io.out(
          options.json === true
            ? `${JSON.stringify(status, null, 2)}\n`
            : `${describeKeys(signing)}\n${describeStored(status)}`,
        );
      }),
    );
}

/** An instance that runs while something is pending is of an older version: it reads and writes what a migration takes away. */
async function assertNobodyRuns(dataSource: DataSource): Promise<void> {
  const { connectedInstances, migrationStatus } = await import('../../database/open-data-source.js');
  if ((await migrationStatus(dataSource)).every(({ hasRun }) => hasRun)) return;
  const running = await connectedInstances(dataSource);
  if (running.length === 0) return;
  const who = running.map(({ name, connections }) => `${connections} of ${name}`).join(', ');
  throw new CliError(
    `instances are connected to this database (${who}), and migrations are pending: stop every instance, migrate, start the new version; nothing was changed (--beside-running migrates all the same)`,
  );
}

function explainTimeout(error: unknown): never {
  const code = (error as { code?: string }).code;
  if (code !== '55P03' && code !== '57014') throw error;
  throw new CliError(
    code === '55P03'
      ? 'a migration waited ten seconds for a table that somebody uses; it has changed nothing. Look into pg_stat_activity, and migrate again'
      : 'a statement of a migration took longer than half an hour; it has changed nothing',
  );
}

/** Opens the database for one command; complaints about settings and connections become one line. */
async function withDatabase(
  io: CliIo,
  work: (settings: Settings, dataSource: DataSource) => Promise<void>,
): Promise<void> {
  const env = { ...io.env, ...(await embeddedDatabase(io)) };
  await import('reflect-metadata');
  const { ConfigurationError, loadSettings } = await import('../../config/load-settings.js');
  const { DomainError } = await import('../../kernel/errors/domain-error.js');
  const { OPERATOR_APPLICATION } = await import('../../database/open-data-source.js');
  const { openDatabase } = await import('../start-service.js');
  let dataSource: DataSource | undefined;
  try {
    // A migration may take as long as it takes; and a command needs only what concerns the database.
    const settings = loadSettings({ ...env, NODE_ENV: undefined, DATABASE_STATEMENT_TIMEOUT_MS: '600000' });
    dataSource = await openDatabase(settings, false, OPERATOR_APPLICATION);
    await work(settings, dataSource);
  } catch (error) {
    if (error instanceof ConfigurationError) throw new CliError(error.faults.join('; '));
    if (error instanceof DomainError) throw new CliError(error.message);
    if (isConnectionFault(error))
      throw new CliError('the database of DATABASE_URL cannot be reached, or refuses these credentials');
    throw error;
  } finally {
    if (dataSource?.isInitialized) await dataSource.destroy();
  }
}

/** In development: the database that a running service keeps in its DATA_DIR, beside its master key. Empty when another is named. */
async function embeddedDatabase({ env }: CliIo): Promise<{ DATABASE_URL?: string }> {
  if (env['DATABASE_URL'] || env['DATABASE_URL_FILE']) return {};
  const dir = env['DATA_DIR'];
  if (!dir) {
    throw new CliError(
      'set DATABASE_URL to the database of the installation, or DATA_DIR to the folder of a running one that uses the embedded PostgreSQL',
    );
  }
  const { runningEmbeddedPostgres } = await import('../../database/embedded-postgres.js');
  const url = runningEmbeddedPostgres(dir);
  if (url === null) throw new CliError(`no embedded PostgreSQL runs in DATA_DIR=${dir}`);
  return { DATABASE_URL: url };
}

/** Class 08 and 28 of SQLSTATE, 3D000 (no such database), and what the socket says. */
function isConnectionFault(error: unknown): boolean {
  return /^(08|28|3D|ECONN|ENOTFOUND|ETIMEDOUT|EHOST)/.test((error as { code?: string }).code ?? '');
}
