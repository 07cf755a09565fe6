import { createHash, randomBytes, randomUUID } from 'node:crypto';
import { existsSync, mkdtempSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import { dataSourceOptions } from '../../../ormconfig.js';
import type { KeyRing } from '../../../src/crypto/key-ring.js';
import { openDataSource } from '../../../src/database/open-data-source.js';
import { LocalMasterKey } from '../../../src/keys/master-key.js';
import { startKeys } from '../../support/keys-stage.js';
import { type SpawnedService, spawnService } from '../../support/service-process.js';
import { FaultDatabase } from './fault-database.js';
import { checkLog, checkPublished, type LogSeen } from './log-checks.js';
import { checkMutations } from './mutation-checks.js';
import type { Answered, LoadTokens } from './tenant-load.js';

const MASTER_KEY = Buffer.alloc(32, 'fault');
/** Until everything works again after a fault has ended; what it takes is said at the end. */
const RECOVERY_MS = 90_000;
const INSTANCES = 2;

interface Program {
  id: string;
  secret: string;
}

/** Two instances on a database that may be broken, two programs that call them, and the checks of what came of it. */
export class FaultStage {
  readonly services: SpawnedService[] = [];
  private readonly env: Record<string, string>;
  private readonly checkpointFile = join(mkdtempSync(join(tmpdir(), 'blindspotx-checkpoints-')), 'checkpoints');
  private readonly setUpTenant = randomUUID();
  private readonly able: Program = { id: randomUUID(), secret: `bxs_${randomBytes(32).toString('base64url')}` };
  private readonly unable: Program = { id: randomUUID(), secret: `bxs_${randomBytes(32).toString('base64url')}` };
  private seen: LogSeen = { size: 0, notes: new Map() };

  private constructor(readonly database: FaultDatabase) {
    this.env = {
      NODE_ENV: 'test',
      DATABASE_URL: database.url,
      MASTER_KEY: MASTER_KEY.toString('base64'),
      AUDIT_CHECKPOINT_FILE: this.checkpointFile,
      RATE_LIMIT_TOKENS_PER_MINUTE: '0',
      RATE_LIMIT_FAILURES_PER_MINUTE: '0',
    };
  }

  static async start(): Promise<FaultStage> {
    const stage = new FaultStage(await FaultDatabase.start());
    await stage.startInstances();
    await stage.withClient((client) => stage.writePrograms(client));
    return stage;
  }

  /** Those that are gone, in their places. */
  async startInstances(): Promise<void> {
    const start = async (nth: number) => {
      this.services[nth] = await spawnService(this.env);
    };
    const gone = Array.from({ length: INSTANCES }, (_, nth) => nth).filter((nth) => !isRunning(this.services[nth]));
    // The first of all migrates; the others find it done.
    if (this.services.length === 0) await start(gone.shift() ?? 0);
    await Promise.all(gone.map(start));
  }

  urls(): string[] {
    return this.services.map(({ url }) => url);
  }

  tokens(): Promise<LoadTokens> {
    return this.untilDone(async () => ({ able: await this.token(this.able), unable: await this.token(this.unable) }));
  }

  /** Until both instances are ready and answer to the programs. @returns milliseconds */
  async untilServing(): Promise<number> {
    const startedAt = performance.now();
    for (const { url } of this.services) {
      await this.untilDone(async () => {
        if ((await fetch(`${url}/health/ready`)).status !== 200) throw new Error(`${url} is not ready`);
      });
    }
    await this.tokens();
    return performance.now() - startedAt;
  }

  /** Until everything that was recorded is sealed; nothing more may come in. */
  async untilSealed(): Promise<void> {
    await this.untilDone(() =>
      this.withClient(async (client) => {
        const { rowCount } = await client.query('SELECT FROM audit_pending LIMIT 1');
        if (rowCount !== 0) throw new Error('records wait to be sealed');
      }),
    );
  }

  /** What doesn't hold, as of one moment; nothing of it when all is well. */
  check(answered: Answered): Promise<string[]> {
    return this.withClient(async (client) => {
      const published = existsSync(this.checkpointFile) ? readFileSync(this.checkpointFile, 'utf8') : '';
      await client.query('BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY');
      const mutations = await checkMutations(client, this.setUpTenant, answered);
      const { faults, seen } = await this.withKeys((ring) => checkLog(client, ring, this.seen));
      await client.query('COMMIT');
      this.seen = seen;
      return [...mutations, ...faults, ...checkPublished(published, seen)];
    });
  }

  /** Records in the log when it was last checked. */
  get size(): number {
    return this.seen.size;
  }

  get checkpoints(): number {
    return this.seen.notes.size;
  }

  async withClient<T>(work: (client: pg.Client) => Promise<T>): Promise<T> {
    const client = new pg.Client({ connectionString: this.database.url });
    client.on('error', () => undefined);
    await client.connect();
    return work(client).finally(() => client.end().catch(() => undefined));
  }

  async close(): Promise<void> {
    for (const service of this.services) await service.kill('SIGKILL');
    await this.database.close();
  }

  private async withKeys<T>(work: (ring: KeyRing) => Promise<T>): Promise<T> {
    const url = this.database.url;
    const settings = {
      DATABASE_URL: url,
      DATABASE_POOL_MAX: 2,
      DATABASE_QUEUE_TIMEOUT_MS: 10_000,
      DATABASE_STATEMENT_TIMEOUT_MS: 60_000,
    };
    const dataSource = await openDataSource(dataSourceOptions(settings), false);
    const database = { url, dataSource, close: () => dataSource.destroy() };
    const { ring, stop } = await startKeys(database, new LocalMasterKey(MASTER_KEY));
    return work(ring).finally(async () => {
      await stop();
      await database.close();
    });
  }

  private async token({ id, secret }: Program): Promise<string> {
    const form = { grant_type: 'client_credentials', client_id: id, client_secret: secret };
    const answer = await fetch(`${this.urls()[0]}/api/v1/auth/token`, {
      method: 'POST',
      body: new URLSearchParams(form),
    });
    if (answer.status !== 200) throw new Error(`no token: ${answer.status} ${await answer.text()}`);
    return ((await answer.json()) as { access_token: string }).access_token;
  }

  private async untilDone<T>(work: () => Promise<T>): Promise<T> {
    for (const deadline = Date.now() + RECOVERY_MS; ; await sleep(100)) {
      try {
        return await work();
      } catch (error) {
        if (Date.now() > deadline) throw error;
      }
    }
  }

  private async writePrograms(client: pg.Client): Promise<void> {
    const [owner, role] = [randomUUID(), randomUUID()];
    await client.query(
      `INSERT INTO tenants (id, entra_tenant_id, display_name, sign_in_allowed, scan_enabled, scan_interval_seconds)
       VALUES ($1, gen_random_uuid(), 'set up', true, false, 3600)`,
      [this.setUpTenant],
    );
    await client.query(
      `INSERT INTO users (id, tenant_id, object_id, display_name) VALUES ($1, $2, gen_random_uuid(), 'owner')`,
      [owner, this.setUpTenant],
    );
    for (const { id, secret } of [this.able, this.unable]) {
      await client.query('INSERT INTO service_accounts (id, tenant_id, name, owner_user_id) VALUES ($1, $2, $3, $4)', [
        id,
        this.setUpTenant,
        id,
        owner,
      ]);
      await client.query(
        `INSERT INTO service_account_credentials (id, service_account_id, kind, secret_hash, expires_at)
         VALUES (gen_random_uuid(), $1, 'secret', $2, now() + interval '90 days')`,
        [id, createHash('sha256').update(secret).digest()],
      );
    }
    await client.query(`INSERT INTO roles (id, name, description) VALUES ($1, 'keeper of tenants', '')`, [role]);
    await client.query(`INSERT INTO role_permissions VALUES ($1, 'tenants:manage')`, [role]);
    await client.query(
      `INSERT INTO role_assignments (id, service_account_id, role_id, scope, effect, reason, assigned_by_type, assigned_by_id)
       VALUES (gen_random_uuid(), $1, $2, '/', 'allow', 'a test', 'system', 'test')`,
      [this.able.id, role],
    );
  }
}

function isRunning(service: SpawnedService | undefined): boolean {
  return service !== undefined && service.child.exitCode === null && service.child.signalCode === null;
}
