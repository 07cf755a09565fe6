import { webcrypto } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as x509 from '@peculiar/x509';
import { Counter, Gauge, Registry } from 'prom-client';
import { makeTenantCa, type TenantCa } from '../../demo/tenant-ca.js';
import { systemActor } from '../../src/access/actor.js';
import { AUDIT_ACTIONS } from '../../src/audit/audit.events.js';
import { SealedRecordsRepository } from '../../src/audit/read/sealed-records.repository.js';
import { DroppedMonthsRepository } from '../../src/audit/retention/dropped-months.repository.js';
import { DroppedMonths } from '../../src/audit/retention/dropped-months.service.js';
import { AuditTreeRepository } from '../../src/audit/seal/audit-tree.repository.js';
import { SealedEnd } from '../../src/audit/seal/sealed-end.service.js';
import { TreeHeads } from '../../src/audit/seal/tree-heads.service.js';
import type { AuditSink } from '../../src/audit/stream/audit-sink.js';
import { AuditStreamsRepository } from '../../src/audit/stream/audit-streams.repository.js';
import { StreamDelivery } from '../../src/audit/stream/stream-delivery.js';
import { StreamPositions } from '../../src/audit/stream/stream-positions.service.js';
import { TransactionRunner } from '../../src/database/transaction-runner.js';
import { createLogger } from '../../src/observability/logger.js';
import { type AuditStage, startAudit } from '../support/audit-stage.js';
import { createTestDatabase, type TestDatabase } from '../support/test-database.js';

const ACTOR = systemActor('a test');

export interface StoredStream {
  next_leaf: string;
  failures: number;
  failing_since: Date | null;
  last_error: string | null;
}

/** The trail on a database of its own, and instances that deliver it. */
export class StreamsStage {
  readonly lag: Gauge;
  readonly failures: Counter;
  readonly shortened: Counter;
  readonly gaps: Counter;
  private readonly deliveries: StreamDelivery[] = [];

  private constructor(
    readonly database: TestDatabase,
    readonly stage: AuditStage,
    readonly ca: TenantCa,
    private readonly folder: string,
  ) {
    const registers = [new Registry()];
    this.lag = new Gauge({ name: 'lag', help: 'lag', labelNames: ['stream'], registers });
    this.shortened = new Counter({ name: 'shortened', help: 'x', labelNames: ['stream'], registers });
    this.gaps = new Counter({ name: 'gaps', help: 'x', labelNames: ['kind'], registers });
    this.failures = new Counter({ name: 'failures', help: 'failures', labelNames: ['stream'], registers });
  }

  static async start(): Promise<StreamsStage> {
    const database = await createTestDatabase();
    const folder = mkdtempSync(join(tmpdir(), 'bx-streams-'));
    return new StreamsStage(database, await startAudit(database), await makeTenantCa(), folder);
  }

  async close(): Promise<void> {
    await Promise.all(this.deliveries.map((delivery) => delivery.stop()));
    await this.database.close();
    rmSync(this.folder, { recursive: true });
  }

  /** What a receiver shows: the certificate for localhost. */
  get tls(): { cert: string; key: string } {
    return { cert: this.ca.certificatePem, key: this.ca.privateKeyPem };
  }

  file(name: string, content: string): string {
    const path = join(this.folder, name);
    writeFileSync(path, content);
    return path;
  }

  get caFile(): string {
    return this.file('ca.pem', this.ca.caCertificatePem);
  }

  /** Records of the trail, sealed. */
  async record(count: number, after?: Record<string, string>): Promise<void> {
    for (let index = 0; index < count; index++) {
      await this.stage.audit.recordAlone(ACTOR, {
        action: AUDIT_ACTIONS['access.request.failed'],
        tenantId: null,
        target: { type: 'route', id: String(index) },
        outcome: 'failure',
        ...(after === undefined ? {} : { after }),
      });
    }
    await this.seal();
  }

  async seal(): Promise<void> {
    while ((await this.stage.sealer.sealBatch()) !== 0);
  }

  /** An instance that delivers to the sink. */
  instance(sink: AuditSink): StreamDelivery {
    const transactions = new TransactionRunner(this.database.dataSource);
    const delivery = new StreamDelivery(sink, {
      transactions,
      streams: new AuditStreamsRepository(),
      end: new SealedEnd(new AuditTreeRepository(), new TreeHeads(this.stage.keys), this.stage.signed),
      positions: new StreamPositions(this.stage.keys),
      records: new SealedRecordsRepository(),
      dropped: new DroppedMonths(this.stage.keys, new DroppedMonthsRepository()),
      keys: this.stage.keys,
      audit: this.stage.audit,
      logger: createLogger('silent'),
      lag: this.lag,
      failures: this.failures,
      shortened: this.shortened,
      gaps: this.gaps,
    });
    this.deliveries.push(delivery);
    return delivery;
  }

  async stored(name: string): Promise<StoredStream> {
    const [row] = await this.database.dataSource.query<StoredStream[]>('SELECT * FROM audit_streams WHERE name = $1', [
      name,
    ]);
    if (row === undefined) throw new Error(`there is no stream ${name}`);
    return row;
  }

  /** As if the delay after a failure were over. */
  async noDelay(): Promise<void> {
    await this.database.dataSource.query(`UPDATE audit_streams SET not_before = '-infinity'`);
  }

  /** Turns of an instance until all that is sealed was delivered. */
  async deliverAll(delivery: StreamDelivery): Promise<void> {
    for (let turns = 0; turns < 100; turns++) {
      await delivery.turn();
      const [row] = await this.database.dataSource.query<{ open: string }[]>(
        'SELECT size - coalesce((SELECT min(next_leaf) FROM audit_streams), 0) AS open FROM audit_trees',
      );
      if (row?.open === '0') return;
      await this.noDelay();
    }
    throw new Error('the stream does not come to its end');
  }
}

/** A certificate that signs itself: what a receiver is given to know the sender by. */
export async function makeClientCertificate(): Promise<{ certificatePem: string; privateKeyPem: string }> {
  x509.cryptoProvider.set(webcrypto);
  const algorithm = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' };
  const keys = await webcrypto.subtle.generateKey(algorithm, true, ['sign', 'verify']);
  const certificate = await x509.X509CertificateGenerator.createSelfSigned({
    name: 'CN=blindspotx',
    signingAlgorithm: algorithm,
    keys,
  });
  const key = await webcrypto.subtle.exportKey('pkcs8', keys.privateKey);
  return {
    certificatePem: certificate.toString('pem'),
    privateKeyPem: x509.PemConverter.encode(key, 'PRIVATE KEY'),
  };
}
