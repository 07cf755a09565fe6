import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { newId } from '../../src/kernel/ids/ids.js';
import { blindspotx } from './command-line.js';
import { hasOcsfSchema, OcsfSchema } from './ocsf-schema.js';
import { ReadingStage } from './reading-stage.js';

interface ExportedRecord {
  leafIndex: number;
  record: { id: string; action: string; reason: string | null; target: { type: string; id: string } | null };
}

describe('exporting the audit trail', () => {
  let reading: ReadingStage;
  let folder: string;
  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'audit-export-'));
    reading = await ReadingStage.start();
  }, 60_000);
  afterAll(async () => {
    await reading.close();
    rmSync(folder, { recursive: true });
  });

  const exported = async (query: string): Promise<ExportedRecord[]> => {
    const text = await reading.text(`/audit/export?format=ndjson&${query}`);
    return text === ''
      ? []
      : text
          .trimEnd()
          .split('\n')
          .map((line) => JSON.parse(line) as ExportedRecord);
  };
  const keyLine = async () => {
    const { keys } = await reading.json<{ keys: { key: string; state: string }[] }>('/audit/keys');
    return keys[0]?.key ?? '';
  };
  /** The last record of how an export ended, as soon as there is one more than `before`. */
  const endOf = async (ended: number) => {
    for (;;) {
      const { items } = await reading.page('action=audit.export.ended&limit=200');
      if (items.length > ended) return items[0];
      await sleep(50);
    }
  };
  const endsNow = async () => (await reading.page('action=audit.export.ended&limit=200')).items.length;

  it('hands over everything that was recorded until then, once, in the order of the log', async () => {
    const marker = newId();
    for (let i = 0; i < 20; i++) await reading.append({ reason: marker });
    const records = await exported('');
    expect(records.map(({ leafIndex }) => leafIndex)).toEqual(records.map((_record, index) => index));
    expect(records.filter(({ record }) => record.reason === marker)).toHaveLength(20);
    // The export itself is in it: it was on record before it began.
    expect(records.some(({ record }) => record.action === 'audit.events.exported')).toBe(true);
  });

  it('takes the filters of the search', async () => {
    const id = newId();
    await reading.append({ target: { type: 'exported', id } });
    await reading.append({ target: { type: 'exported', id: newId() } });
    const of = async (query: string) => (await exported(query)).map(({ record }) => record.target?.id);
    expect(await of(`target=${id}`)).toEqual([id]);
    expect(await of(`q=${id}`)).toEqual([id]);
    expect(await of(`target=${id}&to=2020-01-01T00:00:00Z`)).toEqual([]);
    expect(await of('action=users.user.*&targetType=exported')).toHaveLength(2);
  });

  it('records who began one and how it ended, with what was handed over', async () => {
    const ended = await endsNow();
    const marker = newId();
    await reading.append({ reason: marker });
    await exported(`q=${marker}`);
    const [began] = (await reading.page('action=audit.events.exported&limit=1')).items;
    expect(began?.after).toMatchObject({ format: 'ndjson', filter: { text: marker } });
    const end = await endOf(ended);
    expect(end).toMatchObject({ outcome: 'success', after: { count: 1, format: 'ndjson' } });
  });

  it('stays as it was when it began, however much is recorded meanwhile', async () => {
    const marker = newId();
    for (let i = 0; i < 30; i++) await reading.append({ reason: marker });
    const storm = (async () => {
      for (let i = 0; i < 200; i++) await reading.append({ reason: `${marker} later` });
    })();
    const [first, second] = await Promise.all([exported(`q=${marker}`), exported('')]);
    await storm;
    expect(first.filter(({ record }) => record.reason === marker)).toHaveLength(30);
    expect(second.map(({ leafIndex }) => leafIndex)).toEqual(second.map((_record, index) => index));
  });

  (hasOcsfSchema ? it : it.skip)(
    'writes valid OCSF of what really happened (needs the schema files of OCSF 1.8.0)',
    async () => {
      const lines = (await reading.text('/audit/export?format=ocsf')).trimEnd().split('\n');
      const schema = new OcsfSchema();
      for (const line of lines)
        expect([line, schema.faultsOf(JSON.parse(line) as Record<string, unknown>)]).toEqual([line, []]);
      expect(lines.length).toBeGreaterThan(5);
    },
  );

  describe('as CSV', () => {
    it('runs nothing in a spreadsheet, and keeps quotes, line breaks and commas in their fields', async () => {
      const id = newId();
      const nasty = [
        `=HYPERLINK("http://evil","x")`,
        '+1+1',
        '-2+3',
        '@SUM(1)',
        '\t=1',
        '|calc',
        '＝1+1',
        ' =1+1',
        'a,"b"',
        '"; drop',
      ];
      for (const reason of nasty) await reading.append({ reason, target: { type: 'csv', id } });
      const answer = await reading.fetch(`/audit/export?format=csv&target=${id}`);
      expect(answer.headers.get('content-type')).toMatch(/^text\/csv/);
      expect(answer.headers.get('content-disposition')).toMatch(/^attachment; filename="audit-\d+\.csv"$/);
      const bytes = Buffer.from(await answer.arrayBuffer());
      expect(bytes.subarray(0, 3)).toEqual(Buffer.from([0xef, 0xbb, 0xbf]));
      const [head, ...rows] = parseCsv(bytes.subarray(3).toString('utf8'));
      const reason = head?.indexOf('reason') ?? -1;
      expect(rows).toHaveLength(nasty.length);
      for (const row of rows) {
        expect(row).toHaveLength(head?.length ?? 0);
        for (const cell of row) expect(cell).not.toMatch(/^[\s]*[=+\-@|＝]/);
      }
      const cells = rows.map((row) => row[reason]);
      expect(cells).toContain('a,"b"');
      expect(cells).toContain(`'=HYPERLINK("http://evil","x")`);
    });
  });

  describe('as evidence', () => {
    it('is verified by the command line, offline, and a byte that is changed is found at its place', async () => {
      for (let i = 0; i < 10; i++) await reading.append({ reason: `evidence ${i}` });
      const bundle = join(folder, 'whole.bundle');
      const ran = await blindspotx(['audit', 'export', bundle], reading);
      expect(ran).toMatchObject({ code: 0, err: '' });
      const key = await keyLine();
      expect(await blindspotx(['audit', 'verify', bundle, '--key', key])).toMatchObject({ code: 0, err: '' });

      const text = readFileSync(bundle, 'utf8');
      const place = text.indexOf('evidence 7');
      const leaf = Number(/^\{"leafIndex":(\d+)/.exec(text.slice(text.lastIndexOf('\n', place) + 1))?.[1]);
      const forged = join(folder, 'forged.bundle');
      writeFileSync(forged, text.replace('evidence 7', 'evidence 8'));
      const verdict = await blindspotx(['audit', 'verify', forged, '--key', key, '--json']);
      expect(verdict.code).toBe(1);
      expect(JSON.parse(verdict.out)).toMatchObject({
        holds: false,
        reason: 'record-changed',
        range: { from: leaf, to: leaf + 1 },
      });
    });

    it('finds a record that was changed in the database itself', async () => {
      const id = newId();
      await reading.append({ reason: 'as it was', target: { type: 'tampered', id } });
      await reading.text('/audit/export?format=ndjson&target=none');
      await reading.stage.sql('SET session_replication_role = replica');
      await reading.stage.sql(
        `SET session_replication_role = replica; UPDATE audit_events SET reason = 'as it never was' WHERE target_id = '${id}'`,
      );
      const bundle = join(folder, 'tampered.bundle');
      writeFileSync(bundle, await reading.text('/audit/export?format=bundle'));
      const verdict = await blindspotx(['audit', 'verify', bundle, '--key', await keyLine(), '--json']);
      expect(verdict.code).toBe(1);
      expect(JSON.parse(verdict.out)).toMatchObject({ holds: false, reason: 'record-changed' });
      await reading.stage.sql(
        `SET session_replication_role = replica; UPDATE audit_events SET reason = 'as it was' WHERE target_id = '${id}'`,
      );
      await reading.stage.sql('SET session_replication_role = DEFAULT');
    });

    it('proves a part of the trail with nothing of the rest but hashes', async () => {
      const [mine, other] = [newId(), newId()];
      await reading.append({ target: { type: 'part', id: mine } });
      await reading.append({ target: { type: 'part', id: other } });
      const bundle = join(folder, 'part.bundle');
      await blindspotx(['audit', 'export', bundle, '--target', mine], reading);
      const text = readFileSync(bundle, 'utf8');
      expect([text.includes(mine), text.includes(other)]).toEqual([true, false]);
      const verdict = await blindspotx(['audit', 'verify', bundle, '--key', await keyLine(), '--json']);
      expect(JSON.parse(verdict.out)).toMatchObject({ holds: true, records: 1 });
    });

    it('shows the checkpoints that an auditor holds', async () => {
      await reading.text('/audit/export?format=bundle');
      const note = await reading.text('/audit/checkpoints/latest');
      const size = Number(note.split('\n')[1]);
      const kept = join(folder, 'kept.note');
      writeFileSync(kept, note);
      await sleep(1100);
      await reading.append({ target: { type: 'held', id: 'x' } });
      const [bundle, without] = [join(folder, 'held.bundle'), join(folder, 'without.bundle')];
      await blindspotx(['audit', 'export', bundle, '--target', 'x', '--checkpoints', String(size)], reading);
      await blindspotx(['audit', 'export', without, '--target', 'x'], reading);
      const key = await keyLine();
      const verify = (file: string) =>
        blindspotx(['audit', 'verify', file, '--key', key, '--checkpoint', kept, '--json']);
      expect(JSON.parse((await verify(bundle)).out)).toMatchObject({ holds: true, keptCheckpoints: 1 });
      expect(JSON.parse((await verify(without)).out)).toMatchObject({
        holds: false,
        reason: 'kept-checkpoint-not-met',
      });
    });

    it('is written although nothing matches', async () => {
      const bundle = join(folder, 'empty.bundle');
      await blindspotx(['audit', 'export', bundle, '--target', 'nothing'], reading);
      const verdict = await blindspotx(['audit', 'verify', bundle, '--key', await keyLine(), '--json']);
      expect(JSON.parse(verdict.out)).toMatchObject({ holds: true, records: 0 });
    });
  });

  it.each([
    '',
    'format=xml',
    'format=bundle&checkpoints=0',
    'format=bundle&checkpoints=1;2',
    'format=bundle&checkpoints=',
    `format=bundle&checkpoints=${Array.from({ length: 51 }, (_, i) => i + 1).join(',')}`,
    'format=bundle&checkpoints=999999999999999',
    'format=bundle&checkpoints=99999999999999999999',
    'format=csv&limit=1',
    'format=csv&format=ndjson',
    'format=ndjson&q=%00',
  ])('refuses %p', async (query) => {
    expect((await reading.fetch(`/audit/export?${query}`)).status).toBe(400);
  });

  it('ends its work when the client goes away, says so, and makes room for others', async () => {
    const filler = 'x'.repeat(900);
    await reading.stage.sql(
      `INSERT INTO audit_events (id, retention_class, action, outcome, actor_type, reason)
       SELECT gen_random_uuid(), 'security', 'users.user.updated', 'success', 'system', '${filler}' FROM generate_series(1, 20000)`,
    );
    const ended = await endsNow();
    // More than may run at once: none of them may keep its place.
    for (let i = 0; i < 6; i++) await abortedExport(reading);
    for (let i = 1; i <= 6; i++) await endOf(ended + i - 1);
    const { items } = await reading.page('action=audit.export.ended&outcome=failure&limit=6');
    expect(items).toHaveLength(6);
    for (const { after, reason } of items) {
      expect(reason).not.toBeNull();
      // Read no further than the client took: far from all of it.
      expect(Number(after?.['count'])).toBeLessThan(15_000);
    }
    const records = await exported('');
    expect(records.length).toBeGreaterThan(20_000);
  }, 120_000);

  it('lets only a few run at once', async () => {
    const open = await Promise.all(Array.from({ length: 4 }, () => hangingExport(reading)));
    const refused = await reading.fetch('/audit/export?format=ndjson');
    expect(refused.status).toBe(503);
    expect(refused.headers.get('retry-after')).toBe('5');
    for (const { destroy } of open) destroy();
    for (;;) {
      const again = await reading.fetch('/audit/export?format=ndjson&target=none');
      await again.text();
      if (again.status === 200) break;
      await sleep(50);
    }
  }, 60_000);

  describe('by the command line', () => {
    it('searches', async () => {
      const id = newId();
      await reading.append({ reason: 'told', target: { type: 'cli', id, displayName: 'evil\u001b[31m' } });
      const ran = await blindspotx(['audit', 'search', '--target', id], reading);
      expect(ran).toMatchObject({ code: 0, err: '' });
      expect(ran.out).toContain('users.user.updated  success');
      expect(ran.out).not.toContain('\u001b');
      const json = await blindspotx(['audit', 'search', '--target', id, '--json'], reading);
      expect(JSON.parse(json.out)).toMatchObject({ target: { id } });
    });

    it('leaves no half file behind', async () => {
      const file = join(folder, 'never');
      const ran = await blindspotx(['audit', 'export', file, '--from', 'yesterday'], reading);
      expect(ran.code).toBe(2);
      expect(() => readFileSync(file)).toThrow();
      expect(() => readFileSync(`${file}.partial`)).toThrow();
    });
  });
});

/** Begins an export and takes nothing of it. */
function hangingExport(reading: ReadingStage): Promise<{ destroy: () => void }> {
  return new Promise((resolve, reject) => {
    const call = request(
      `${reading.stage.service.url}/api/v1/audit/export?format=ndjson`,
      { headers: { authorization: `Bearer ${reading.token}` } },
      (answer) => {
        answer.on('error', () => undefined);
        answer.pause();
        resolve({ destroy: () => call.destroy() });
      },
    );
    call.on('error', (error) => reject(error));
    call.end();
  });
}

async function abortedExport(reading: ReadingStage): Promise<void> {
  const { destroy } = await hangingExport(reading);
  await sleep(50);
  destroy();
}

/** RFC 4180, strictly: every field in quotes, lines end in CRLF. */
function parseCsv(text: string): string[][] {
  const rows: string[][] = [];
  let row: string[] = [];
  for (let at = 0; at < text.length; ) {
    const [field = ''] = /^"(?:[^"]|"")*"/.exec(text.slice(at)) ?? [];
    if (field === '') throw new Error(`no field at ${at}`);
    row.push(field.slice(1, -1).replaceAll('""', '"'));
    at += field.length;
    if (text[at] === ',') at += 1;
    else if (text.startsWith('\r\n', at)) {
      at += 2;
      rows.push(row);
      row = [];
    } else throw new Error(`no end of a field at ${at}`);
  }
  return rows;
}
