import { randomUUID } from 'node:crypto';
import type { TokenFlaw } from '../../../demo/faults/fault-registry.js';
import { basic, postForm } from '../../auth/programs.js';
import { SenderKey } from '../../security/sender-key.js';
import { bearer, type Call } from './call.js';
import { type MatrixStage, until } from './matrix-stage.js';
import { membersOf, signAgain, unsigned } from './own-token.js';
import type { Caller } from './predict.js';

const NOBODY: Caller = { kind: 'nobody' };
const SCIM_PATH = '/scim/v2/ServiceProviderConfig';
const nobody = (name: string, headers: Call['headers']): Call => ({ name, caller: NOBODY, headers });
const presenting = (name: string, token: string): Call => nobody(name, bearer(token));

/** Tokens of Entra ID for the administrator, who may do everything, with one flaw each. */
const ENTRA_FLAWS: Partial<Record<TokenFlaw, string>> = {
  expired: 'expired',
  notYetValid: 'not yet valid',
  wrongAudience: 'wrong audience',
  wrongIssuer: 'other issuer',
  wrongTenant: 'of another tenant',
  badSignature: 'forged',
  unknownKey: 'signed with an unknown key',
  algNone: 'unsigned',
  hs256: 'signed with the public key as a secret',
};

/** Those whom no guard may know. Each holds everything but for one thing, and was somebody before that one thing where it happened to it. */
export async function nobodyCalls(stage: MatrixStage, all: string): Promise<Call[]> {
  const { tenant } = stage.auth;
  const { objectId } = tenant.administrator;
  const program = await stage.tokenOf(await stage.program([{ role: all }]));
  const noAccount = { oid: randomUUID(), sub: randomUUID() };
  return [
    nobody('anonymous', () => ({})),
    presenting('garbage', 'garbage'),
    nobody('basic', () => ({ authorization: `Basic ${program}` })),
    { ...nobody('token in the query', () => ({})), query: `access_token=${program}` },
    ...Object.entries(ENTRA_FLAWS).map(([flaw, name]) =>
      presenting(`Entra token ${name}`, tenant.mintToken({ kind: 'api', objectId, flaw: flaw as TokenFlaw })),
    ),
    presenting('id token', tenant.mintToken({ kind: 'id', objectId })),
    presenting('token for Graph', tenant.mintToken({ kind: 'graph', objectId })),
    presenting('Entra token without an account', tenant.mintToken({ kind: 'api', objectId, claims: noAccount })),
    presenting('Entra token of an application', tenant.mintToken({ kind: 'api' })),
    ...(await flawedOwnTokens(stage, program)),
    ...(await boundTokens(stage, all)),
    ...(await cookies(stage)),
    ...(await ruinedPeople(stage, all)),
    ...(await ruinedPrograms(stage, all)),
    ...(await ruinedScimTokens(stage, all)),
  ];
}

async function flawedOwnTokens(stage: MatrixStage, token: string): Promise<Call[]> {
  const now = Math.floor(Date.now() / 1000);
  const flawed = async (name: string, claims: object, header: object = {}) =>
    presenting(`own token ${name}`, await signAgain(stage, token, { ...claims }, { ...header }));
  const [head, payload, signature = ''] = token.split('.');
  const foreign = new SenderKey();
  return [
    await flawed('expired', { iat: now - 500, exp: now - 5 }),
    await flawed('of the future', { iat: now + 3600, exp: now + 7200 }),
    await flawed('that lives too long', { iat: now, exp: now + 86_400 }),
    await flawed('wrong audience', { aud: 'https://other.example' }),
    await flawed('other issuer', { iss: 'https://other.example' }),
    await flawed('without an id', { jti: undefined }),
    await flawed('of another stamp', { stamp: 999 }),
    await flawed('of another type', {}, { typ: 'JWT' }),
    await flawed('of an unknown key', {}, { kid: randomUUID() }),
    presenting('own token unsigned', `${unsigned(token, {}, { alg: 'none' })}.`),
    presenting('own token with a signature that was cut off', `${head}.${payload}.`),
    presenting('own token with changed claims', `${unsigned(token, { jti: randomUUID() })}.${signature}`),
    presenting('own token forged', foreign.sign(membersOf(token, 0), membersOf(token, 1))),
  ];
}

/** A token that is bound to a key, in the hands of whoever lacks the key. Its twin with the key is among the somebodies. */
async function boundTokens(stage: MatrixStage, all: string): Promise<Call[]> {
  const [own, foreign] = [new SenderKey(), new SenderKey()];
  const program = await stage.program([{ role: all }]);
  const token = await stage.tokenOf(program, undefined, { dpop: own.proof('POST', '/auth/token') });
  const dpop = (proof: string) => ({ authorization: `DPoP ${token}`, dpop: proof });
  const unbound = await stage.tokenOf(program);
  return [
    presenting('bound token as a bearer', token),
    nobody('bound token without a proof', () => ({ authorization: `DPoP ${token}` })),
    nobody('bound token with the proof of another key', (method, path) =>
      dpop(foreign.proof(method, '', token, { htu: `http://localhost:3000${path}` })),
    ),
    nobody('bound token with a proof for another path', (method) => dpop(own.proof(method, '/elsewhere', token))),
    nobody('unbound token with a proof', (method, path) => ({
      authorization: `DPoP ${unbound}`,
      dpop: own.proof(method, '', unbound, { htu: `http://localhost:3000${path}` }),
    })),
  ];
}

/** A session that stands, in the browser of an administrator: no cookie opens the API, whoever's page sends it. */
async function cookies(stage: MatrixStage): Promise<Call[]> {
  const browser = stage.auth.browser();
  await browser.signIn(stage.auth.tenant.administrator.userPrincipalName);
  const cookie = [...browser.cookies].map(([name, value]) => `${name}=${value}`).join('; ');
  const from = (origin: string, site: string) => () => ({ cookie, origin, 'sec-fetch-site': site });
  return [
    nobody('cookie, same origin', from('http://localhost:3000', 'same-origin')),
    nobody('cookie, cross-site', from('https://other.example', 'cross-site')),
  ];
}

/** The token was good until what happened. */
async function ruined(stage: MatrixStage, name: string, token: string, ruin: () => Promise<unknown>): Promise<Call> {
  const path = token.startsWith('bxscim_') ? SCIM_PATH : '/api/v1/tenants';
  await stage.decidesByAll();
  if ((await stage.status(token, path)) !== 200) throw new Error(`never good: ${name}`);
  await ruin();
  await until(async () => (await stage.status(token, path)) === 401);
  return presenting(name, token);
}

async function ruinedPeople(stage: MatrixStage, all: string): Promise<Call[]> {
  const { sql } = stage.auth;
  const mighty = async () => stage.person([{ role: all }]);
  const [disabled, deleted, signedOut] = [await mighty(), await mighty(), await mighty()];
  const ofSession = async (number: number) => {
    const token = await stage.signIn(number);
    const id = String(membersOf(token, 1)['sub']);
    await stage.grant('user_id', id, { role: all });
    return { id, token };
  };
  const user = (change: string, { id }: { id: string }) => sql(`UPDATE users SET ${change} WHERE id = $1`, [id]);
  const session = (change: string, { id }: { id: string }) =>
    sql(`UPDATE user_sessions SET ${change} WHERE user_id = $1`, [id]);
  const [gone, stale, ended, idle, over] = await Promise.all([1, 2, 3, 5, 6].map(ofSession));
  if (!gone || !stale || !ended || !idle || !over) throw new Error('five people were to sign in');
  const is = (name: string, { token }: { token: string }, ruin: () => Promise<unknown>) =>
    ruined(stage, name, token, ruin);
  return [
    await is('disabled user', gone, () => user(`status = 'disabled'`, gone)),
    await is('stale stamp', stale, () => user('security_stamp = security_stamp + 1', stale)),
    await is('revoked session', ended, () => session(`ended_at = now(), ended_reason = 'logout'`, ended)),
    await is('idle session', idle, () => session('idle_expires_at = now()', idle)),
    await is('session that is over', over, () => session('expires_at = now()', over)),
    await is('disabled user, Entra token', disabled, () => user(`status = 'disabled'`, disabled)),
    await is('deleted user', deleted, () => user(`status = 'deleted', deleted_at = now()`, deleted)),
    await is('signed out everywhere, Entra token', signedOut, () =>
      user('security_stamp_raised_at = now()', signedOut),
    ),
    await closedTenant(stage, all),
  ];
}

/** Of a tenant that was closed: a program, because nobody can sign in at a second Entra here. */
async function closedTenant(stage: MatrixStage, all: string): Promise<Call> {
  const id = randomUUID();
  await stage.auth.sql(
    `INSERT INTO tenants (id, entra_tenant_id, display_name, sign_in_allowed, scan_enabled, scan_interval_seconds)
     VALUES ($1, $2, 'another', true, false, 3600)`,
    [id, randomUUID()],
  );
  const { objectId } = await stage.person([], id);
  const token = await stage.tokenOf(await stage.program([{ role: all }], objectId));
  return ruined(stage, 'program of a closed tenant', token, () =>
    stage.auth.sql('UPDATE tenants SET sign_in_allowed = false WHERE id = $1', [id]),
  );
}

async function ruinedPrograms(stage: MatrixStage, all: string): Promise<Call[]> {
  const owner = await stage.person();
  const mighty = (objectId?: string) => stage.program([{ role: all }], objectId);
  const change = (what: string, id: string) => () =>
    stage.auth.sql(`UPDATE service_accounts SET ${what} WHERE id = $1`, [id]);
  const [disabled, stamped, owned, revoker] = [
    await mighty(),
    await mighty(),
    await mighty(owner.objectId),
    await mighty(),
  ];
  const revoked = await stage.tokenOf(revoker);
  return [
    await ruined(stage, 'disabled program', await stage.tokenOf(disabled), change(`status = 'disabled'`, disabled.id)),
    await ruined(
      stage,
      're-stamped program',
      await stage.tokenOf(stamped),
      change('security_stamp = security_stamp + 1', stamped.id),
    ),
    await ruined(stage, 'program of a disabled owner', await stage.tokenOf(owned), () =>
      stage.auth.sql(`UPDATE users SET status = 'disabled' WHERE id = $1`, [owner.id]),
    ),
    await ruined(stage, 'revoked jti', revoked, () =>
      postForm(stage.url, 'revoke', { token: revoked }, basic(revoker)),
    ),
  ];
}

async function ruinedScimTokens(stage: MatrixStage, all: string): Promise<Call[]> {
  const { sql } = stage.auth;
  const token = async () => {
    const program = await stage.program([{ role: all }]);
    return { id: program.id, token: await stage.scimToken(program) };
  };
  const [expired, revoked, disabled] = [await token(), await token(), await token()];
  const credential = (change: string, id: string) => () =>
    sql(`UPDATE service_account_credentials SET ${change} WHERE service_account_id = $1 AND kind = 'scim_token'`, [id]);
  return [
    presenting('SCIM token that was never issued', `bxscim_${'A'.repeat(43)}`),
    await ruined(stage, 'expired SCIM token', expired.token, credential('expires_at = now()', expired.id)),
    await ruined(stage, 'revoked SCIM token', revoked.token, credential('revoked_at = now()', revoked.id)),
    await ruined(stage, 'SCIM token of a disabled program', disabled.token, () =>
      sql(`UPDATE service_accounts SET status = 'disabled' WHERE id = $1`, [disabled.id]),
    ),
  ];
}
