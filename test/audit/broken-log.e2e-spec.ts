import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { newId } from '../../src/kernel/ids/ids.js';
import { blindspotx } from './command-line.js';
import { hasOcsfSchema, OcsfSchema } from './ocsf-schema.js';
import { ReadingStage } from './reading-stage.js';

/** What somebody who commands the database did to the trail must not keep the rest of it from being read. */
describe('reading an audit trail that somebody broke', () => {
  let reading: ReadingStage;
  let folder: string;
  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'broken-log-'));
    reading = await ReadingStage.start();
  }, 120_000);
  afterAll(async () => {
    await reading.close();
    rmSync(folder, { recursive: true });
  });

  const asOwner = (sql: string) => reading.stage.sql(`SET session_replication_role = replica; ${sql}`);
  const lines = async (format: string) => (await reading.text(`/audit/export?format=${format}`)).trimEnd().split('\n');

  it('tells of a record that was taken out, in each format, and goes on', async () => {
    const [gone, after] = [newId(), newId()];
    await reading.append({ target: { type: 'gone', id: gone } });
    await reading.append({ target: { type: 'after', id: after } });
    await reading.text('/audit/export?format=ndjson&target=none');
    const { items } = await reading.page(`target=${gone}`);
    const { id, leafIndex } = items[0] ?? { id: '', leafIndex: -1 };
    expect(leafIndex).toEqual(expect.any(Number));
    await asOwner(`DELETE FROM audit_events WHERE target_id = '${gone}'`);
    // A row that no format was made for.
    await reading.stage.sql(
      `SET session_replication_role = DEFAULT; INSERT INTO audit_events (id, retention_class, action, outcome, actor_type)
       VALUES (gen_random_uuid(), 'security', 'constructor', 'success', 'system')`,
    );

    const ndjson = (await lines('ndjson')).map((line) => JSON.parse(line));
    expect(ndjson.map((line) => line.leafIndex)).toEqual(ndjson.map((_line, place) => place));
    expect(ndjson.filter(({ lost }) => lost !== undefined)).toEqual([
      { leafIndex, lost: { id, occurredAt: items[0]?.occurredAt } },
    ]);
    expect(ndjson.some(({ record }) => record?.target?.id === after)).toBe(true);
    expect(ndjson.some(({ record }) => record?.action === 'constructor')).toBe(true);
    const [end] = (await reading.page('action=audit.export.ended&limit=1')).items;
    expect(end).toMatchObject({ outcome: 'success', after: { count: ndjson.length - 1, lost: 1 } });

    const csv = await reading.text('/audit/export?format=csv');
    expect(csv).toContain(`"${leafIndex}","${id}"`);
    const ocsf = (await lines('ocsf')).map((line) => JSON.parse(line));
    expect(ocsf.find(({ metadata }) => metadata.uid === id)).toMatchObject({ metadata: { sequence: leafIndex } });
    if (hasOcsfSchema) {
      const schema = new OcsfSchema();
      for (const event of ocsf) expect([event, schema.faultsOf(event)]).toEqual([event, []]);
    }

    const bundle = join(folder, 'holes.bundle');
    await blindspotx(['audit', 'export', bundle], reading);
    const { keys } = await reading.json<{ keys: { key: string }[] }>('/audit/keys');
    const verify = ['audit', 'verify', bundle, '--key', keys[0]?.key ?? ''];
    const told = await blindspotx(verify);
    expect([told.code, told.err]).toEqual([1, '']);
    expect(told.out).toMatch(/^does not hold: /);
    expect(told.out).toContain(`record ${leafIndex}: `);
    expect(told.out).toContain('though everything was asked for (incomplete)');
    expect(await blindspotx([...verify, '--complete'])).toEqual(told);

    // Whoever asked for another time isn't told.
    expect(await reading.text('/audit/export?format=ndjson&to=2020-01-01T00:00:00Z')).toBe('');
  });

  it('tells of a place whose leaf was taken out together with its record, whatever time was asked for', async () => {
    const gone = newId();
    await reading.append({ target: { type: 'gone', id: gone } });
    await reading.text('/audit/export?format=ndjson&target=none');
    const { leafIndex } = (await reading.page(`target=${gone}`)).items[0] ?? { leafIndex: null };
    expect(leafIndex).toEqual(expect.any(Number));
    await asOwner(
      `DELETE FROM audit_events WHERE target_id = '${gone}'; DELETE FROM audit_leaves WHERE leaf_index = ${leafIndex}`,
    );

    const ndjson = (await lines('ndjson')).map((line) => JSON.parse(line));
    expect(ndjson.map((line) => line.leafIndex)).toEqual(ndjson.map((_line, place) => place));
    const lost = { leafIndex, lost: { id: null, occurredAt: expect.stringMatching(/^20.*Z$/) } };
    expect(ndjson[leafIndex ?? -1]).toEqual(lost);
    const early = await reading.text('/audit/export?format=ndjson&to=2020-01-01T00:00:00Z');
    expect(JSON.parse(early)).toEqual(lost);
    expect(await reading.text('/audit/export?format=csv')).toContain(`"${leafIndex}","",`);
    const ocsf = (await lines('ocsf')).map((line) => JSON.parse(line));
    const event = ocsf.find(({ metadata }) => metadata.uid === `leaf-${leafIndex}`);
    expect(event).toMatchObject({ metadata: { sequence: leafIndex } });
    if (hasOcsfSchema) expect(new OcsfSchema().faultsOf(event)).toEqual([]);
  });

  it('tells of a record that was changed, in each format, proves nothing of it, and goes on', async () => {
    const [changed, after] = [newId(), newId()];
    await reading.append({ target: { type: 'changed', id: changed } });
    await reading.append({ target: { type: 'after', id: after } });
    await reading.text('/audit/export?format=ndjson&target=none');
    const { id, leafIndex, leafHash, occurredAt } = (await reading.page(`target=${changed}`)).items[0] ?? {};
    expect(leafIndex).toEqual(expect.any(Number));
    expect((await reading.fetch(`/audit/events/${id}/proof`)).status).toBe(200);
    await asOwner(`UPDATE audit_events SET reason = 'planted' WHERE target_id = '${changed}'`);

    const text = await lines('ndjson');
    const ndjson = text.map((line) => JSON.parse(line));
    expect(ndjson.filter(({ lost }) => lost?.kind === 'changed')).toEqual([
      { leafIndex, lost: { id, occurredAt, kind: 'changed' } },
    ]);
    expect(ndjson.some(({ record }) => record?.target?.id === after)).toBe(true);
    const [end] = (await reading.page('action=audit.export.ended&limit=1')).items;
    expect(end?.after).toMatchObject({ changed: 1, count: ndjson.filter(({ record }) => record !== undefined).length });
    const csv = await reading.text('/audit/export?format=csv');
    expect(csv).toContain(`"${leafIndex}","${id}"`);
    const ocsfText = await reading.text('/audit/export?format=ocsf');
    for (const told of [text.join(''), csv, ocsfText]) expect(told).not.toContain('planted');
    const event = ocsfText
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line))
      .find(({ metadata }) => metadata.sequence === leafIndex);
    expect(event).toMatchObject({ metadata: { uid: id, event_code: 'audit.record.changed' } });
    expect(JSON.stringify(event)).toContain(JSON.stringify(leafHash));
    if (hasOcsfSchema) expect(new OcsfSchema().faultsOf(event)).toEqual([]);

    const proof = await reading.fetch(`/audit/events/${id}/proof`);
    expect([proof.status, ((await proof.json()) as { code: string }).code]).toEqual([404, 'audit.event_not_found']);
    const bundle = join(folder, 'changed.bundle');
    await blindspotx(['audit', 'export', bundle, '--target', changed], reading);
    const { keys } = await reading.json<{ keys: { key: string }[] }>('/audit/keys');
    const told = await blindspotx(['audit', 'verify', bundle, '--key', keys[0]?.key ?? '']);
    expect([told.code, told.out]).toEqual([1, expect.stringContaining(`record ${leafIndex}: `)]);
    expect(told.out).toContain('(record-changed)');
  });

  it('shows a place in the log only of what was sealed there', async () => {
    const target = newId();
    await reading.append({ target: { type: 'thing', id: target } });
    await reading.text('/audit/export?format=ndjson&target=none');
    const place = async () => (await reading.page(`target=${target}`)).items.map(({ leafIndex }) => leafIndex);
    expect(await place()).toEqual([expect.any(Number)]);
    await asOwner(
      `INSERT INTO audit_events (id, retention_class, action, outcome, actor_type, reason, target_type, target_id)
       SELECT id, retention_class, action, outcome, actor_type, 'planted', target_type, target_id FROM audit_events WHERE target_id = '${target}'`,
    );
    expect((await place()).filter((found) => found !== null)).toHaveLength(1);
    // Of a row before it and one after it, in another class: by its id there is the one that was sealed, with its proof.
    await asOwner(
      `INSERT INTO audit_events (id, retention_class, occurred_at, action, outcome, actor_type, reason, target_type, target_id)
       SELECT id, 'operation', occurred_at - interval '1 hour', action, outcome, actor_type, 'planted', target_type, target_id
         FROM audit_events WHERE target_id = '${target}' AND reason IS NULL`,
    );
    const [{ id } = { id: '' }] = (await reading.page(`target=${target}`)).items;
    expect(await reading.json(`/audit/events/${id}`)).toMatchObject({ reason: null, leafIndex: expect.any(Number) });
    expect((await reading.fetch(`/audit/events/${id}/proof`)).status).toBe(200);
    await asOwner(`UPDATE audit_events SET outcome = 'denied' WHERE target_id = '${target}' AND reason IS NULL`);
    expect(await place()).toEqual([null, null, null]);
    await asOwner(`DELETE FROM audit_events WHERE target_id = '${target}'`);
  });

  it('refuses a time that ends before it begins, and the command line says which', async () => {
    const [from, to] = ['2026-11-02T00:00:00Z', '2026-11-01T00:00:00Z'];
    for (const path of [`/audit/events?from=${from}&to=${to}`, `/audit/export?format=ndjson&from=${from}&to=${to}`]) {
      const answer = await reading.fetch(path);
      expect([answer.status, await answer.json()]).toEqual([
        400,
        expect.objectContaining({ code: 'request.invalid', errors: [expect.objectContaining({ pointer: '/from' })] }),
      ]);
    }
    const ran = await blindspotx(['audit', 'search', '--from', from, '--to', to], reading);
    expect(ran.code).toBe(2);
    expect(ran.err).toMatch(/^blindspotx: .*\(request\.invalid\).*; \/from: .*\n$/);
  });

  it('answers with a problem what needs the tree while that is refused, and searches all the same', async () => {
    const [record] = (await reading.page('limit=1')).items;
    await asOwner(`UPDATE audit_trees SET sealed_head = sealed_head || '\\x00'`);
    const target = newId();
    await reading.append({ target: { type: 'thing', id: target } });
    for (const path of [
      ...['ndjson', 'ocsf', 'csv', 'bundle'].map((format) => `/audit/export?format=${format}`),
      `/audit/events/${(await reading.page(`target=${target}`)).items[0]?.id}/proof`,
    ]) {
      const answer = await reading.fetch(path);
      const problem = await answer.json();
      expect([path, answer.status, problem]).toEqual([
        path,
        503,
        expect.objectContaining({ code: 'audit.log_refused', detail: expect.stringContaining('docs/operations/') }),
      ]);
    }
    expect((await reading.page('limit=5')).items).toHaveLength(5);
    expect((await reading.fetch(`/audit/events/${record?.id}`)).status).toBe(200);
    await asOwner(`UPDATE audit_trees SET sealed_head = substring(sealed_head FOR octet_length(sealed_head) - 1)`);
    expect((await reading.fetch('/audit/export?format=ndjson')).status).toBe(200);
  });
});
