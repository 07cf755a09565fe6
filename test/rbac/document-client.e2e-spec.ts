import { once } from 'node:events';
import { request, type Server } from 'node:http';
import type { Socket } from 'node:net';
import pg from 'pg';
import { ACCESS_LOCK } from '../../src/rbac/assignments/assignments.repository.js';
import { RbacStage, said } from './rbac-stage.js';

const DOCUMENT = JSON.stringify({ version: 1, roles: [{ name: 'left-behind', permissions: ['drift:read'] }] });

/** While a document is applied nobody else changes access: for whom nobody waits, nothing is done. */
describe('a document whose sender leaves', () => {
  let rbac: RbacStage;
  let holder: pg.Client;
  beforeAll(async () => {
    rbac = await RbacStage.start();
    holder = new pg.Client({ connectionString: rbac.stage.service.databaseUrl });
    await holder.connect();
  }, 60_000);
  afterAll(async () => {
    await holder.end();
    await rbac.close();
  });

  const lock = () => holder.query('SELECT pg_advisory_lock($1)', [ACCESS_LOCK]);
  const unlock = () => holder.query('SELECT pg_advisory_unlock($1)', [ACCESS_LOCK]);
  const waiting = async () => {
    const query = `SELECT 1 FROM pg_locks WHERE locktype = 'advisory' AND NOT granted
                      AND database = (SELECT oid FROM pg_database WHERE datname = current_database())`;
    for (let round = 0; round < 1000; round++) {
      if ((await rbac.stage.sql(query)).length > 0) return;
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
    throw new Error('nobody waits for the lock');
  };
  const planned = async () => (await rbac.admin('POST', '/rbac/document/plan', { document: DOCUMENT })).body;
  /** Applies on a connection of its own. @returns what ends it from the sender's side, and its end on the service's */
  const send = async (revision: unknown) => {
    const server = rbac.stage.service.app.getHttpServer() as Server;
    const connected = once(server, 'connection') as Promise<[Socket]>;
    const sent = request(`${rbac.stage.service.url}/api/v1/rbac/document/apply`, {
      method: 'POST',
      agent: false,
      headers: { authorization: `Bearer ${rbac.administrator.token}`, 'content-type': 'application/json' },
    });
    const left = new Promise<void>((resolve) => sent.once('error', () => resolve()));
    sent.end(JSON.stringify({ document: DOCUMENT, revision }));
    const [socket] = await connected;
    return { leave: () => Promise.all([once(socket, 'close'), left, sent.destroy()]) };
  };

  it('changes nothing, where it does for one who waits', async () => {
    const { revision } = await planned();
    await lock();
    const { leave } = await send(revision);
    await waiting();
    await leave();
    await unlock();
    // Given in turn: whoever left has had theirs.
    await lock();
    await unlock();
    expect(await planned()).toMatchObject({ revision, changes: [{ name: 'left-behind', action: 'create' }] });
    await lock();
    const answer = rbac.admin('POST', '/rbac/document/apply', { document: DOCUMENT, revision });
    await waiting();
    await unlock();
    expect(said(await answer)).toEqual([200, undefined]);
    expect(await planned()).toMatchObject({ changes: [] });
  });
});
