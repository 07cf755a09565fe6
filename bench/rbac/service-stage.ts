import { randomUUID } from 'node:crypto';
import pg from 'pg';
import { type Layout, layOutCores } from '../auth/cores.js';
import { freePort, type PeerServer, startPeer } from '../auth/server-process.js';
import { type BenchDatabase, openModelDatabase } from './database.js';
import { type Model, makeModel } from './model.js';

const USERS = 10_000;
const PROGRAMS = 64;

/** Our service on the model, and tokens of the programs that may ask, and give others what they hold. */
export interface ServiceStage {
  layout: Layout;
  model: Model;
  service: PeerServer;
  tokens: string[];
  /** A second instance on the same database, until the stage closes. */
  anotherInstance(): Promise<PeerServer>;
  close(): Promise<void>;
}

export async function openServiceStage(): Promise<ServiceStage> {
  const layout = layOutCores();
  // The service decides by today's time: what begins and ends moves with it.
  const model = atThisMoment(makeModel(USERS));
  const database = await openModelDatabase(model);
  try {
    const programs = await writePrograms(database, model);
    const start = async () => {
      const env = { ...database.env, PORT: String(await freePort()) };
      return startPeer(layout, '../../rbac/peers/own-service', { env, programs });
    };
    const service = await start();
    const running = [service];
    const anotherInstance = async () => {
      const other = await start();
      running.push(other);
      return other;
    };
    const close = async () => {
      for (const each of running) await each.stop();
      await database.stop();
    };
    return { layout, model, service, tokens: service.refreshTokens, anotherInstance, close };
  } catch (error) {
    await database.stop();
    throw error;
  }
}

function atThisMoment(model: Model): Model {
  const by = Date.now() - model.nowMs;
  const moved = model.assignments.map((assignment) => ({
    ...assignment,
    validFrom: assignment.validFrom + by + (assignment.validFrom > model.nowMs ? DAY : 0),
    validUntil: assignment.validUntil === null ? null : assignment.validUntil + by + DAY,
  }));
  return { ...model, nowMs: model.nowMs + by, assignments: moved };
}

async function writePrograms({ url }: BenchDatabase, { tenantId, users }: Model): Promise<string[]> {
  const [ids, role] = [Array.from({ length: PROGRAMS }, () => randomUUID()), randomUUID()];
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  await client.query(
    `INSERT INTO permissions (name, description) VALUES ('access:check', ''), ('access:manage', '') ON CONFLICT (name) DO NOTHING`,
  );
  await client.query(`INSERT INTO roles (id, name, description) VALUES ($1, 'asking', '')`, [role]);
  await client.query(`INSERT INTO role_permissions VALUES ($1, 'access:check'), ($1, 'access:manage')`, [role]);
  await client.query(
    `INSERT INTO service_accounts (id, tenant_id, name, owner_user_id) SELECT id, $1, id::text, $2 FROM unnest($3::uuid[]) AS id`,
    [tenantId, users[0], ids],
  );
  await client.query(
    `INSERT INTO role_assignments (id, service_account_id, role_id, scope, effect, reason, assigned_by_type, assigned_by_id)
     SELECT gen_random_uuid(), id, $1, '/', 'allow', 'a benchmark', 'system', 'bench' FROM unnest($2::uuid[]) AS id`,
    [role, ids],
  );
  await client.end();
  return ids;
}

const DAY = 86_400_000;
