import { Counter, Gauge, Registry } from 'prom-client';
import { AuditRepository } from '../../src/audit/audit.repository.js';
import { AuditService } from '../../src/audit/audit.service.js';
import { Settings } from '../../src/config/settings.js';
import { ChangeFeed } from '../../src/database/change-feed.service.js';
import { DatabaseClock } from '../../src/database/database-clock.service.js';
import { TransactionRunner } from '../../src/database/transaction-runner.js';
import { JobSlotsRepository } from '../../src/jobs/job-slots.repository.js';
import { JobSlots } from '../../src/jobs/job-slots.service.js';
import { DatabaseKeyRing } from '../../src/keys/database-key-ring.service.js';
import { FirstKeys } from '../../src/keys/first-keys.service.js';
import { KeyRotationRepository } from '../../src/keys/key-rotation.repository.js';
import { KeyWrapping } from '../../src/keys/key-wrapping.service.js';
import { KeysRepository } from '../../src/keys/keys.repository.js';
import type { MasterKey } from '../../src/keys/master-key.js';
import { OpenKeysReader } from '../../src/keys/open-keys-reader.service.js';
import { SigningKeyRotation } from '../../src/keys/signing-key-rotation.service.js';
import { createLogger } from '../../src/observability/logger.js';
import type { TestDatabase } from './test-database.js';

export interface KeysInstance {
  ring: DatabaseKeyRing;
  rotation: SigningKeyRotation;
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
  master: MasterKey,
  options: { listening?: boolean } = {},
): Promise<KeysInstance> {
  const complaints: Record<string, unknown>[] = [];
  const logger = createLogger('warn', { write: (line) => void complaints.push(JSON.parse(line)) });
  const settings = Object.assign(new Settings(), { DATABASE_URL: database.url });
  const transactions = new TransactionRunner(database.dataSource);
  const gauge = (name: string) => new Gauge({ name, help: name, registers: [new Registry()] });
  const feed = new ChangeFeed(settings, new DatabaseClock(), logger, gauge('fresh'));
  const keys = new KeysRepository();
  const wrapping = new KeyWrapping(master);
  const firstKeys = new FirstKeys(transactions, keys, wrapping, logger);
  const reader = new OpenKeysReader(transactions, keys, wrapping, logger);
  let reads = 0;
  const read = reader.read.bind(reader);
  reader.read = () => {
    reads += 1;
    return read();
  };
  const ring = new DatabaseKeyRing(firstKeys, reader, feed, logger, gauge('age'));
  const written = new Counter({
    name: 'written',
    help: 'written',
    labelNames: ['outcome'],
    registers: [new Registry()],
  });
  const audit = new AuditService(transactions, new AuditRepository(), logger, written);
  const rotation = new SigningKeyRotation(settings, transactions, keys, new KeyRotationRepository(), firstKeys, audit);
  await ring.onModuleInit();
  if (options.listening === true) await feed.onApplicationBootstrap();
  return { ring, rotation, complaints, reads: () => reads, stop: () => feed.onApplicationShutdown() };
}
