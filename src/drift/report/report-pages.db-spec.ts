import { type TestingModule } from '@nestjs/testing';
import { addTenant, startDriftRoom } from '../../../test/support/drift-room.js';
import { openChange } from '../../../test/support/open-change.js';
import { createTestDatabase, type TestDatabase } from '../../../test/support/test-database.js';
import { TransactionRunner } from '../../database/transaction-runner.js';
import { newId } from '../../kernel/ids/ids.js';
import { ChangesRepository } from './changes.repository.js';
import { type ReportedChange, SEVERITIES } from './drift-report.types.js';
import type { NewChange } from './readable-change.js';
import { ndjsonWriter } from './report-writer.js';
import { ReportsRepository } from './reports.repository.js';
import { Reports } from './reports.service.js';
import { bySeverity } from './summarise-changes.js';

describe('reports of any length', () => {
  let database: TestDatabase;
  let room: TestingModule;
  let tenantId: string;

  beforeAll(async () => {
    database = await createTestDatabase({ poolMax: 4 });
    room = await startDriftRoom(database);
    await query('ALTER TABLE drift_reports DROP CONSTRAINT fk_drift_reports_snapshot_id');
  });
  beforeEach(async () => {
    tenantId = (await addTenant(room)).id;
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
        const place = { resourceKey, path: `/p${String(path).padStart(3, '0')}` };
        changes.push(openChange(tenantId, { ...place, severity, toldSeverity: severity }));
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
