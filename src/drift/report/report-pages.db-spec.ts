import { Global, Module } from '@nestjs/common';
import { ScheduleModule } from '@nestjs/schedule';
import { Test, type TestingModule } from '@nestjs/testing';
import { callerReachModule, keyRingModule } from '../../../test/support/key-ring-module.js';
import { createTestDatabase, type TestDatabase } from '../../../test/support/test-database.js';
import { AccessModule } from '../../access/access.module.js';
import { systemActor } from '../../access/actor.js';
import { ConfigModule } from '../../config/config.module.js';
import { Settings } from '../../config/settings.js';
import { DatabaseModule } from '../../database/database.module.js';
import { TransactionRunner } from '../../database/transaction-runner.js';
import { newId } from '../../kernel/ids/ids.js';
import { createLogger } from '../../observability/logger.js';
import { ObservabilityModule } from '../../observability/observability.module.js';
import { TenantsService } from '../../tenants/tenants.service.js';
import { OwnSource } from '../collect/own-source.js';
import { DriftModule } from '../drift.module.js';
import { ChangesRepository } from './changes.repository.js';
import { type ReportedChange, SEVERITIES } from './drift-report.types.js';
import type { NewChange } from './readable-change.js';
import { ndjsonWriter } from './report-writer.js';
import { ReportsRepository } from './reports.repository.js';
import { Reports } from './reports.service.js';
import { bySeverity } from './summarise-changes.js';

@Global()
@Module({ providers: [{ provide: OwnSource, useValue: { read: async () => new Map() } }], exports: [OwnSource] })
class NothingOfOurs {}

describe('reports of any length', () => {
  let database: TestDatabase;
  let room: TestingModule;
  let tenantId: string;

  beforeAll(async () => {
    database = await createTestDatabase({ poolMax: 4 });
    const settings = Object.assign(new Settings(), {
      PROCESS_ROLE: 'api',
      MASTER_KEY: Buffer.alloc(32, 'k').toString('base64'),
    });
    room = await Test.createTestingModule({
      imports: [
        ConfigModule.with(settings),
        ObservabilityModule.with(createLogger('silent')),
        AccessModule,
        DatabaseModule.with(database.dataSource),
        ScheduleModule.forRoot(),
        await keyRingModule(database),
        callerReachModule,
        NothingOfOurs,
        DriftModule,
      ],
    }).compile();
    await query('ALTER TABLE drift_reports DROP CONSTRAINT fk_drift_reports_snapshot_id');
  });
  beforeEach(async () => {
    const tenant = await room.get(TenantsService).create(systemActor('test'), {
      entraTenantId: newId(),
      displayName: 'Contoso',
      signInAllowed: false,
      scanEnabled: false,
      scanIntervalSeconds: 3600,
      breakGlassObjectIds: [],
    });
    tenantId = tenant.id;
  });
  afterAll(() => database?.close());

  const query = <T>(sql: string, parameters: unknown[] = []) => database.dataSource.query<T>(sql, parameters);
  async function reported(changes: NewChange[]): Promise<string> {
    const id = newId();
    await room.get(TransactionRunner).run(async (tx) => {
      await room.get(ChangesRepository).insert(tx, changes);
      await room.get(ReportsRepository).insert(tx, {
        id,
        tenantId,
        sequence: 1,
        slotId: newId(),
        snapshotId: newId(),
        trigger: 'schedule',
        baselineVersion: 1,
        complete: true,
        incomplete: '[]',
        summary: '{}',
        ignoredSummary: '{}',
        opened: changes.length,
        closed: 0,
      });
    });
    return id;
  }
  const written = async (id: string, meanwhile?: () => Promise<unknown>): Promise<ReportedChange[]> => {
    const { text } = await room.get(Reports).written(id, (_report, head) => ndjsonWriter(head));
    let whole = '';
    for await (const piece of text) {
      whole += String(piece);
      await meanwhile?.();
    }
    const [head, ...changes] = whole
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line));
    expect(head.kind).toBe('report');
    return changes;
  };
  /** Several paths of each object, over more than one page, in no order. */
  function changesOf(objects: number, paths: number): NewChange[] {
    const changes: NewChange[] = [];
    for (let object = 0; object < objects; object++) {
      const resourceKey = newId().split('').reverse().join('');
      const severity = SEVERITIES[object % SEVERITIES.length] ?? 'low';
      for (let path = paths; path > 0; path--) {
        changes.push(change(tenantId, { resourceKey, severity, path: `/p${String(path).padStart(3, '0')}` }));
      }
    }
    return changes;
  }

  it('have every change once, the worst first, by object and path, over any number of pages', async () => {
    const changes = changesOf(130, 11);
    const lines = await written(await reported(changes));
    expect(lines).toHaveLength(changes.length);
    expect(lines.map(({ id }) => id)).toEqual([...lines].sort(bySeverity).map(({ id }) => id));
    expect(new Set(lines.map(({ id }) => id))).toEqual(new Set(changes.map(({ id }) => id)));
  });

  it('leave out nothing and tell nothing twice when scans judge and close changes while they are read', async () => {
    const changes = changesOf(150, 9);
    const id = await reported(changes);
    let round = 0;
    const lines = await written(id, () =>
      query(
        `UPDATE drift_changes SET severity = $2, state = 'closed', state_before_close = 'open', close_reason = 'reverted',
                closed_at = now(), closed_report = 2 WHERE tenant_id = $1`,
        [tenantId, SEVERITIES[round++ % SEVERITIES.length]],
      ),
    );
    expect(lines.map((line) => line.id).sort()).toEqual(changes.map((one) => one.id).sort());
  });

  it('say how many changes a page leaves out', async () => {
    const id = await reported(changesOf(1001, 5));
    const { text } = await room.get(Reports).page(id, 'markdown');
    expect(text).toContain('5005 changes: ');
    expect(text).toContain('5 more changes are not shown');
    expect(text.split('\n').filter((line) => line.startsWith('| critical'))).toHaveLength(1005);
    expect(text.split('\n').filter((line) => line.startsWith('| info'))).toHaveLength(995);
  });

  it('tell what cannot be opened before anything is written', async () => {
    const changes = changesOf(3, 2);
    const id = await reported(changes);
    await query(`UPDATE drift_changes SET sealed_details = '\\x00' WHERE id = $1`, [changes[0]?.id]);
    await expect(written(id)).rejects.toMatchObject({ code: 'keys.cannot_open' });
    await expect(written(newId())).rejects.toMatchObject({ code: 'drift.report_not_found' });
  });
});

function change(tenantId: string, more: Pick<NewChange, 'resourceKey' | 'severity' | 'path'>): NewChange {
  return {
    id: newId(),
    tenantId,
    identity: Buffer.alloc(32, newId()),
    changeSetId: newId(),
    state: 'open',
    closedByRemediation: null,
    decidedSeverity: null,
    decidedByTwo: false,
    toldSeverity: more.severity,
    substate: 'new',
    stateBeforeClose: null,
    closeReason: null,
    closedByBaseline: null,
    reopenReason: null,
    previousDecision: null,
    remindedAt: null,
    ignoreRuleId: null,
    baselineVersion: 1,
    firstReport: 1,
    closedReport: null,
    resourceType: 'group',
    changeType: 'modified',
    beforeJson: '"a"',
    afterJson: '"b"',
    matchedBy: 'id',
    displayName: 'Somebody',
    direction: 'neutral',
    rules: [],
    references: [],
    title: 'A group was changed',
    attribution: 'none',
    actorType: null,
    actorId: null,
    actorName: null,
    attributionEvidence: null,
    attributionAttempts: 0,
    attributionSince: new Date(),
    attributionRetryAt: null,
    decidedById: null,
    decidedByName: null,
    decidedAt: null,
    decisionReason: null,
    decisionUntil: null,
    version: 1,
    closedAt: null,
    ...more,
  };
}
