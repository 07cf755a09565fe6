/** Loads the index as an instance does, in a process of its own; then, when asked, changes one assignment after another. */
import 'reflect-metadata';
import { randomUUID } from 'node:crypto';
import pg from 'pg';
import { createHttpApp } from '../../src/app/http-app.js';
import { openDatabase } from '../../src/app/start-service.js';
import { loadSettings } from '../../src/config/load-settings.js';
import { TransactionRunner } from '../../src/database/transaction-runner.js';
import { createLogger } from '../../src/observability/logger.js';
import { AccessIndex } from '../../src/rbac/decisions/access-index.js';
import { AccessIndexRepository } from '../../src/rbac/decisions/access-index.repository.js';
import { AccessIndexFeed } from '../../src/rbac/decisions/access-index-feed.service.js';
import type { ModelRole } from './model.js';

export interface MillionJob {
  env: Record<string, string>;
  changes: number;
  /** Whom the changed assignment is of. */
  userId: string;
  roles: ModelRole[];
}

export interface MillionResult {
  seconds: number;
  rssMiB: number;
  assignments: number;
  wholeMs: number[];
  applyMs: number[];
}

process.once('message', (job: MillionJob) => {
  work(job).then(
    (result) => process.send?.(result),
    (error: unknown) => {
      console.error(error);
      process.exit(1);
    },
  );
});
process.once('disconnect', () => process.exit());

async function work(job: MillionJob): Promise<MillionResult> {
  const settings = loadSettings(job.env);
  const dataSource = await openDatabase(settings, false);
  const index = new AccessIndex();
  const startedAt = performance.now();
  await new TransactionRunner(dataSource).run((tx) =>
    new AccessIndexRepository().loadWhole(tx, (facts) => index.apply(facts)),
  );
  const seconds = (performance.now() - startedAt) / 1000;
  const rssMiB = process.resourceUsage().maxRSS / 1024;
  const { assignments } = index.size;
  if (job.changes === 0) return { seconds, rssMiB, assignments, wholeMs: [], applyMs: [] };
  const applyMs = inIndex(index, job);
  const app = await createHttpApp(settings, dataSource, createLogger('silent'));
  await app.init();
  const wholeMs = await fromCommits(app.get(AccessIndexFeed, { strict: false }), job);
  return { seconds, rssMiB, assignments, wholeMs, applyMs };
}

function inIndex(index: AccessIndex, { userId, roles, changes }: MillionJob): number[] {
  const { id: roleId, permissions } = roles[0] as ModelRole; // the model has 500
  index.nowMs = Date.now();
  return Array.from({ length: changes }, (_, nth) => {
    const removed = nth % 2 === 1;
    const content = {
      holderType: 'user' as const,
      holderId: userId,
      roleId,
      scope: '/bench',
      effect: 'allow' as const,
      validFrom: 0,
      validUntil: null,
    };
    const before = performance.now();
    index.apply([{ kind: 'assignment', key: 'bench', removed, content }]);
    if (index.isAllowed(userId, permissions[0] ?? '', '/bench') === removed && !removed)
      throw new Error('not decided by the change');
    return performance.now() - before;
  });
}

async function fromCommits(feed: AccessIndexFeed, { env, userId, roles, changes }: MillionJob): Promise<number[]> {
  const turn = () => new Promise((resolve) => setImmediate(resolve));
  while (feed.current() === null) await turn();
  const given = new Set(roles[0]?.permissions);
  const name = [...given].find((candidate) => feed.current()?.isAllowed(userId, candidate, '/bench') === false) ?? '';
  const client = new pg.Client({ connectionString: env['DATABASE_URL'] });
  await client.connect();
  const id = randomUUID();
  const times: number[] = [];
  for (let nth = 0; nth < changes; nth++) {
    const isGiven = nth % 2 === 0;
    await (isGiven
      ? client.query(
          `INSERT INTO role_assignments (id, user_id, role_id, scope, effect, reason, assigned_by_type, assigned_by_id)
           VALUES ($1, $2, $3, '/bench', 'allow', 'a benchmark', 'system', 'bench')`,
          [id, userId, roles[0]?.id],
        )
      : client.query('DELETE FROM role_assignments WHERE id = $1', [id]));
    const committed = performance.now();
    while (feed.current()?.isAllowed(userId, name, '/bench') !== isGiven) await turn();
    times.push(performance.now() - committed);
  }
  await client.end();
  return times;
}
