import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import { ACCESS_LOCK } from '../../src/rbac/assignments/assignments.repository.js';
import { type AuthStage, startAuthStage } from './auth-stage.js';

describe('the sign-in of the bootstrap administrator', () => {
  let stage: AuthStage;
  beforeAll(async () => {
    stage = await startAuthStage();
  });
  afterAll(() => stage.close());

  it('waits for the access rules before it holds the account, as everybody does who disables one', async () => {
    const { userPrincipalName, objectId } = stage.tenant.administrator;
    expect((await stage.browser().signIn(userPrincipalName)).status).toBe(303);
    await stage.sql('DELETE FROM role_assignments');
    const browser = stage.browser();
    const back = await browser.goToEntra(userPrincipalName);
    const disabling = new pg.Client(stage.service.databaseUrl);
    await disabling.connect();
    try {
      await disabling.query('BEGIN');
      await disabling.query('SELECT pg_advisory_xact_lock($1)', [ACCESS_LOCK]);
      const signIn = browser.request(back);
      while (!(await isWaitedFor())) await sleep(10);
      await disabling.query('SELECT FROM users WHERE object_id = $1 FOR UPDATE NOWAIT', [objectId]);
      await disabling.query('COMMIT');
      expect((await signIn).status).toBe(303);
    } finally {
      await disabling.end();
    }
  });

  it('waits for nobody who changes access while there is nothing to grant', async () => {
    const { userPrincipalName } = stage.tenant.administrator;
    expect((await stage.browser().signIn(userPrincipalName)).status).toBe(303);
    const changing = new pg.Client(stage.service.databaseUrl);
    await changing.connect();
    try {
      await changing.query('BEGIN');
      await changing.query('SELECT pg_advisory_xact_lock($1)', [ACCESS_LOCK]);
      expect((await stage.browser().signIn(userPrincipalName)).status).toBe(303);
    } finally {
      await changing.end();
    }
  });

  const isWaitedFor = async () =>
    (
      await stage.sql(
        `SELECT FROM pg_locks WHERE locktype = 'advisory' AND NOT granted AND objid = $1
            AND database = (SELECT oid FROM pg_database WHERE datname = current_database())`,
        [ACCESS_LOCK],
      )
    ).length > 0;
});
