import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { systemActor } from '../../src/access/actor.js';
import type { Settings } from '../../src/config/settings.js';
import { type AuditStage, startAudit } from '../support/audit-stage.js';
import { createTestDatabase, type TestDatabase } from '../support/test-database.js';
import { type RetentionStage, retentionOf } from './retention-stage.js';

/** `2026-01`, so many months ago. */
export const monthAgo = (months: number): string => {
  const now = new Date();
  return new Date(Date.UTC(now.getUTCFullYear(), now.getUTCMonth() - months)).toISOString().slice(0, 7);
};

/** A trail with a month that is due for long, and retention with a place for archives. */
export class OldMonths {
  private constructor(
    readonly database: TestDatabase,
    readonly stage: AuditStage,
    public retention: RetentionStage,
    /** AUDIT_ARCHIVE_DIR. */
    readonly folder: string,
    private readonly month: string,
  ) {}

  /** @param month the due one; the two after it have partitions too */
  static async start(month: string): Promise<OldMonths> {
    const database = await createTestDatabase({ poolMax: 10 });
    const stage = await startAudit(database);
    const folder = mkdtempSync(join(tmpdir(), 'bx-archive-'));
    await database.dataSource.query('SELECT ensure_audit_partitions($1, 3)', [`${month}-01`]);
    const retention = retentionOf(database, stage, { AUDIT_ARCHIVE_DIR: folder });
    return new OldMonths(database, stage, retention, folder, month);
  }

  async close(): Promise<void> {
    await this.database.close();
    rmSync(this.folder, { recursive: true });
  }

  /** Retention anew, with other settings. */
  retain(changed: Partial<Settings>): RetentionStage {
    const { database, stage, folder } = this;
    this.retention = retentionOf(database, stage, { AUDIT_ARCHIVE_DIR: folder, ...changed });
    return this.retention;
  }

  dropDue() {
    const work = { signal: new AbortController().signal, assertStillMine: async () => undefined };
    return this.retention.drops.dropDue(systemActor('a test'), work);
  }

  /** What keeps the security records of the due month. */
  async keptBy() {
    const standings = await this.retention.standings.list();
    return standings.find(({ month, class: name }) => month === this.month && name === 'security')?.keptBy;
  }

  /** What a round of the patrol complains of. */
  async patrol(): Promise<Record<string, unknown>[]> {
    this.retention.complaints.length = 0;
    await this.retention.patrol.round();
    return this.retention.complaints;
  }
}
