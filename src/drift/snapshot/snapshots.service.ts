import { Injectable } from '@nestjs/common';
import type { Actor } from '../../access/actor.js';
import { AuditService } from '../../audit/audit.service.js';
import { TransactionRunner } from '../../database/transaction-runner.js';
import { decodeCursor, type Page, pageOf } from '../../kernel/paging/cursor.js';
import { TenantsService } from '../../tenants/tenants.service.js';
import { driftError } from '../drift.errors.js';
import { DRIFT_ACTIONS } from '../drift.events.js';
import type { TenantsInReach } from '../tenant-access/subject.types.js';
import { headerLine, objectLine } from './snapshot-lines.js';
import { SnapshotReader } from './snapshot-reader.js';
import { SnapshotStore } from './snapshot-store.js';
import type { StoredSnapshot } from './stored-snapshot.js';

/** Snapshots as people look at them and take them away. */
@Injectable()
export class Snapshots {
  constructor(
    private readonly transactions: TransactionRunner,
    private readonly store: SnapshotStore,
    private readonly reader: SnapshotReader,
    private readonly tenants: TenantsService,
    private readonly audit: AuditService,
  ) {}

  /** @throws DomainError drift.snapshot_not_found */
  async get(id: string): Promise<StoredSnapshot> {
    const snapshot = await this.transactions.read((tx) => this.store.find(tx, id));
    if (snapshot === null) throw driftError('drift.snapshot_not_found');
    return snapshot;
  }

  async list(tenants: TenantsInReach, limit: number, cursor?: string): Promise<Page<StoredSnapshot>> {
    const before = cursor === undefined ? null : decodeCursor(cursor);
    return pageOf(await this.transactions.read((tx) => this.store.page(tx, tenants, limit + 1, before)), limit);
  }

  /**
   * A snapshot as our own export (snapshot-lines.ts), line by line. Who takes it is on record before the first line leaves.
   *
   * @throws DomainError drift.snapshot_not_found
   */
  async export(actor: Actor, id: string): Promise<AsyncGenerator<string, void, undefined>> {
    const snapshot = await this.get(id);
    const { entraTenantId } = await this.tenants.get(snapshot.tenantId);
    await this.audit.recordAlone(actor, {
      action: DRIFT_ACTIONS['drift.snapshot.exported'],
      tenantId: snapshot.tenantId,
      target: { type: 'snapshot', id },
      outcome: 'success',
    });
    return this.lines(snapshot, entraTenantId);
  }

  private async *lines(snapshot: StoredSnapshot, entraTenantId: string): AsyncGenerator<string, void, undefined> {
    const { normaliserVersion, takenAt, types } = snapshot;
    const states = new Map(
      [...types].map(([type, { status, reason, notCarried }]) => [
        type,
        { status, reason, ...(notCarried === undefined ? {} : { notCarried }) },
      ]),
    );
    yield `${headerLine({ tenantId: entraTenantId, takenAt: takenAt.toISOString(), normaliserVersion, types: states })}\n`;
    for await (const object of this.reader.objects(snapshot)) yield `${objectLine(object)}\n`;
  }
}
