import type { AuditService } from '../../src/audit/audit.service.js';
import { AUDIT_COLUMNS } from '../../src/audit/log/audit-columns.js';
import type { AuditRow } from '../../src/audit/log/canonical-record.js';
import { openStates, type StoredAuditRow } from '../../src/audit/log/open-states.js';
import { AuditSealer } from '../../src/audit/seal/audit-sealer.service.js';
import { AuditTreeRepository, type StoredCheckpoint } from '../../src/audit/seal/audit-tree.repository.js';
import { PendingLine } from '../../src/audit/seal/pending-line.service.js';
import { PendingRecordsRepository } from '../../src/audit/seal/pending-records.repository.js';
import { SignedCheckpoints } from '../../src/audit/seal/signed-checkpoints.service.js';
import { TreeHeads } from '../../src/audit/seal/tree-heads.service.js';
import { Settings } from '../../src/config/settings.js';
import type { KeyRing } from '../../src/crypto/key-ring.js';
import type { ReadTiles } from '../../src/crypto/merkle/tiles.js';
import { type VerifierKey, verifierKey } from '../../src/crypto/signed-note.js';
import { TransactionRunner } from '../../src/database/transaction-runner.js';
import { JobQueueRepository } from '../../src/jobs/job-queue.repository.js';
import { JobQueue } from '../../src/jobs/job-queue.service.js';
import { LocalMasterKey } from '../../src/keys/master-key.js';
import { createLogger } from '../../src/observability/logger.js';
import { OutboxRepository } from '../../src/outbox/outbox.repository.js';
import { Outbox } from '../../src/outbox/outbox.service.js';
import { startKeys } from './keys-stage.js';
import type { TestDatabase } from './test-database.js';

export interface AuditStage {
  audit: AuditService;
  keys: KeyRing;
  sealer: AuditSealer;
  signed: SignedCheckpoints;
  readTiles: ReadTiles;
  /** What was sealed, by its place in the log. */
  sealed(): Promise<{ leafIndex: number; row: AuditRow }[]>;
  checkpoints(): Promise<StoredCheckpoint[]>;
  /** The public key of the log, as somebody outside has it. */
  verifier(): Promise<VerifierKey>;
}

/** The trail and its sealer of one instance on a database, put together as the modules do. */
export async function startAudit(database: TestDatabase): Promise<AuditStage> {
  const { ring, audit } = await startKeys(database, new LocalMasterKey(Buffer.alloc(32, 'audit')));
  const settings = Object.assign(new Settings(), { DATABASE_URL: database.url, PUBLIC_URL: 'https://bx.example' });
  const logger = createLogger('silent');
  const transactions = new TransactionRunner(database.dataSource);
  const tree = new AuditTreeRepository();
  const queue = new JobQueue(settings, transactions, new JobQueueRepository(database.dataSource), logger);
  const outbox = new Outbox(transactions, new OutboxRepository(ring), queue);
  const signed = new SignedCheckpoints(tree, ring);
  const line = new PendingLine(new PendingRecordsRepository(), logger);
  const heads = new TreeHeads(ring);
  const sealer = new AuditSealer(settings, transactions, tree, line, heads, signed, ring, outbox);
  await sealer.makeTree();
  return {
    audit,
    keys: ring,
    sealer,
    signed,
    readTiles: (ids) => transactions.read((tx) => tree.readTiles(tx, ids)),
    async sealed() {
      const rows = await database.dataSource.query<(StoredAuditRow & { leafIndex: string })[]>(
        `SELECT leaf_index AS "leafIndex", ${AUDIT_COLUMNS} FROM audit_leaves leaf
           JOIN audit_events event ON event.id = leaf.event_id AND event.retention_class = leaf.retention_class AND event.occurred_at = leaf.occurred_at
          ORDER BY leaf_index`,
      );
      return Promise.all(
        rows.map(async ({ leafIndex, ...row }) => ({ leafIndex: Number(leafIndex), row: await openStates(ring, row) })),
      );
    },
    checkpoints: async () =>
      database.dataSource.query<StoredCheckpoint[]>(
        'SELECT tree_size AS size, root, note, signed_at AS "signedAt" FROM audit_checkpoints ORDER BY tree_size',
      ),
    async verifier() {
      const [key] = await database.dataSource.query<{ key: Buffer; origin: string }[]>(
        `SELECT public_key AS key, origin FROM checkpoint_keys, audit_trees WHERE state = 'current'`,
      );
      if (key === undefined) throw new Error('no key is current');
      return verifierKey(key.origin, key.key);
    },
  };
}
