import type { Command } from 'commander';
import type { DataSource } from 'typeorm';
import type { Settings } from '../../config/settings.js';
import { CliError, type CliIo } from './cli-io.js';

/** Operator's work on the database of the environment (DATABASE_URL): migrations, signing keys, and the way in when nobody has one. */
export function register(program: Command, io: CliIo): void {
  const db = program.command('db').description('the database of this installation');
  db.command('migrate')
    .description('run the migrations that are pending')
    .action(() =>
      withDatabase(io, async (settings, dataSource) => {
        const { migrateUnderLock } = await import('../../database/open-data-source.js');
        const { migrateQueue } = await import('../../jobs/migrate-queue.js');
        const ran = await migrateUnderLock(dataSource);
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
  registerKeys(program, io);
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

function registerKeys(program: Command, io: CliIo): void {
  const keys = program.command('keys').description('the keys that sign access tokens');
  keys
    .command('rotate')
    .option('--force', 'also when the next key is not yet known to everybody who keeps our JWKS')
    .description('let the next key sign from now on, without a failed request')
    .action((options: { force?: boolean }) =>
      withDatabase(io, async (settings, dataSource) => {
        const { rotateKeysByOperator } = await import('../keys-by-operator.js');
        const { describeRotation } = await import('./describe-keys.js');
        io.out(describeRotation(await rotateKeysByOperator(settings, dataSource, options.force === true)));
      }),
    );
  keys
    .command('status')
    .description('which key signs, which come before and after it, and until when')
    .action(() =>
      withDatabase(io, async (settings, dataSource) => {
        const { keysStatusByOperator } = await import('../keys-by-operator.js');
        const { describeKeys } = await import('./describe-keys.js');
        io.out(describeKeys(await keysStatusByOperator(settings, dataSource)));
      }),
    );
}

/** Opens the database for one command; complaints about settings and connections become one line. */
async function withDatabase(
  io: CliIo,
  work: (settings: Settings, dataSource: DataSource) => Promise<void>,
): Promise<void> {
  if (!io.env['DATABASE_URL'] && !io.env['DATABASE_URL_FILE']) {
    throw new CliError('set DATABASE_URL to the database of the installation');
  }
  await import('reflect-metadata');
  const { ConfigurationError, loadSettings } = await import('../../config/load-settings.js');
  const { DomainError } = await import('../../kernel/errors/domain-error.js');
  const { openDatabase } = await import('../start-service.js');
  let dataSource: DataSource | undefined;
  try {
    // A migration may take as long as it takes; and a command needs only what concerns the database.
    const settings = loadSettings({ ...io.env, NODE_ENV: undefined, DATABASE_STATEMENT_TIMEOUT_MS: '600000' });
    dataSource = await openDatabase(settings, false);
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

/** Class 08 and 28 of SQLSTATE, 3D000 (no such database), and what the socket says. */
function isConnectionFault(error: unknown): boolean {
  return /^(08|28|3D|ECONN|ENOTFOUND|ETIMEDOUT|EHOST)/.test((error as { code?: string }).code ?? '');
}
