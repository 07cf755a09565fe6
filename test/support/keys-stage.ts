import { Counter, Gauge, Registry } from 'prom-client';
import { AuditAppendRepository } from '../../src/audit/append/audit-append.repository.js';
import { AuditRepository } from '../../src/audit/audit.repository.js';
import { AuditService } from '../../src/audit/audit.service.js';
import { Settings } from '../../src/config/settings.js';
import { ChangeFeed } from '../../src/database/change-feed.service.js';
import { DatabaseClock } from '../../src/database/database-clock.service.js';
import { PreparedStatements } from '../../src/database/prepared-statements.js';
import { TransactionRunner } from '../../src/database/transaction-runner.js';
import { JobSlotsRepository } from '../../src/jobs/job-slots.repository.js';
import { JobSlots } from '../../src/jobs/job-slots.service.js';
import { CheckpointVerifiers } from '../../src/keys/checkpoint-verifiers.service.js';
import { DatabaseKeyRing } from '../../src/keys/database-key-ring.service.js';
import { FirstKeys } from '../../src/keys/first-keys.service.js';
import { KeyRewrappingRepository } from '../../src/keys/key-rewrapping.repository.js';
import { KeyRewrapping } from '../../src/keys/key-rewrapping.service.js';
import { KeyRotationRepository } from '../../src/keys/key-rotation.repository.js';
import { KeySuccessionRepository } from '../../src/keys/key-succession.repository.js';
import { KeySuccession } from '../../src/keys/key-succession.service.js';
import { KeyUpkeepJob } from '../../src/keys/key-upkeep.job.js';
import { KeyUses } from '../../src/keys/key-uses.service.js';
import { KeyWrapping } from '../../src/keys/key-wrapping.service.js';
import { KeysRepository } from '../../src/keys/keys.repository.js';
import { KeysStatusRepository } from '../../src/keys/keys-status.repository.js';
import { KeysStatusService } from '../../src/keys/keys-status.service.js';
import { OpenKeysReader } from '../../src/keys/open-keys-reader.service.js';
import { Rewrap } from '../../src/keys/rewrap/rewrap.service.js';
import { RewrapProgressRepository } from '../../src/keys/rewrap/rewrap-progress.repository.js';
import { StoredValuesRepository } from '../../src/keys/rewrap/stored-values.repository.js';
import { StoredValues } from '../../src/keys/rewrap/stored-values.service.js';
import { SigningKeyRotation } from '../../src/keys/signing-key-rotation.service.js';
import type { KeyEncryptionKey } from '../../src/keys/vault/key-encryption-key.js';
import { createLogger } from '../../src/observability/logger.js';
import type { TestDatabase } from './test-database.js';

export interface KeysInstance {
  ring: DatabaseKeyRing;
  rotation: SigningKeyRotation;
  audit: AuditService;
  succession: KeySuccession;
  rewrapping: KeyRewrapping;
  rewrap: Rewrap;
  status: KeysStatusService;
  upkeep: KeyUpkeepJob;
  /** How often the keys were read from the database. */
  reads(): number;
  /** What was logged as a warning or worse. */
  complaints: Record<string, unknown>[];
  stop(): Promise<void>;
}

/** The schedules of one instance on a database. */
export function startJobSlots(database: TestDatabase): JobSlots {
  const outcomes = new Counter({
    name: 'slots',
    help: 'slots',
    labelNames: ['job', 'outcome'],
    registers: [new Registry()],
  });
  const transactions = new TransactionRunner(database.dataSource);
  return new JobSlots(transactions, new JobSlotsRepository(), createLogger('silent'), outcomes);
}

/** The key ring of one instance on a database, put together as the module does. With `listening` it hears of changes. */
export async function startKeys(
  database: TestDatabase,
  vault: KeyEncryptionKey,
  options: { listening?: boolean; settings?: Partial<Settings> } = {},
): Promise<KeysInstance> {
  const complaints: Record<string, unknown>[] = [];
  const logger = createLogger('warn', { write: (line) => void complaints.push(JSON.parse(line)) });
  const settings = Object.assign(new Settings(), { DATABASE_URL: database.url }, options.settings);
  const transactions = new TransactionRunner(database.dataSource);
  const gauge = (name: string) => new Gauge({ name, help: name, registers: [new Registry()] });
  const feed = new ChangeFeed(settings, new DatabaseClock(), logger, gauge('fresh'));
  const keys = new KeysRepository();
  const wrapping = new KeyWrapping(vault);
  const firstKeys = new FirstKeys(transactions, keys, wrapping, logger);
  const reader = new OpenKeysReader(transactions, keys, wrapping, logger);
  let reads = 0;
  const read = reader.read.bind(reader);
  reader.read = () => {
    reads += 1;
    return read();
  };
  const ring = new DatabaseKeyRing(
    firstKeys,
    reader,
    new KeyUses(transactions, keys, logger),
    new CheckpointVerifiers(transactions, keys, logger),
    feed,
    logger,
    gauge('age'),
  );
  const written = new Counter({
    name: 'written',
    help: 'written',
    labelNames: ['outcome'],
    registers: [new Registry()],
  });
  const audit = new AuditService(
    transactions,
    new AuditAppendRepository(new PreparedStatements(database.dataSource)),
    new AuditRepository(),
    ring,
    logger,
    written,
  );
  const rotation = new SigningKeyRotation(settings, transactions, keys, new KeyRotationRepository(), firstKeys, audit);
  const values = new StoredValuesRepository();
  const stored = new StoredValues(transactions, values);
  const progress = new RewrapProgressRepository();
  const slots = startJobSlots(database);
  const succession = new KeySuccession(
    settings,
    transactions,
    keys,
    new KeySuccessionRepository(),
    firstKeys,
    wrapping,
    stored,
    slots,
    audit,
    ring,
    logger,
  );
  const rewrapping = new KeyRewrapping(transactions, wrapping, new KeyRewrappingRepository(), audit);
  const rewrap = new Rewrap(transactions, keys, ring, stored, values, progress, audit, logger);
  const status = new KeysStatusService(transactions, new KeysStatusRepository(), progress, stored, wrapping);
  const upkeep = new KeyUpkeepJob(settings, slots, succession, rewrapping, rewrap, transactions, logger);
  await ring.onModuleInit();
  if (options.listening === true) await feed.onApplicationBootstrap();
  return {
    ring,
    rotation,
    audit,
    succession,
    rewrapping,
    rewrap,
    status,
    upkeep,
    complaints,
    reads: () => reads,
    stop: () => feed.onApplicationShutdown(),
  };
}
