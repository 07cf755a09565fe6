import { createHmac, createSecretKey, generateKeyPairSync, type KeyObject, randomUUID, sign } from 'node:crypto';
import type { AuditService } from '../../src/audit/audit.service.js';
import { ClientAssertions } from '../../src/auth/clients/client-assertions.service.js';
import { ClientAuthentication } from '../../src/auth/clients/client-authentication.service.js';
import type { ClientRequest } from '../../src/auth/clients/presented-client.js';
import type { RefusedCredentials } from '../../src/auth/refused-credentials.service.js';
import { UsedProofs } from '../../src/auth/used-proofs.repository.js';
import { Settings } from '../../src/config/settings.js';
import { randomToken, sha256 } from '../../src/crypto/digest.js';
import { DatabaseClock } from '../../src/database/database-clock.service.js';
import { TransactionRunner } from '../../src/database/transaction-runner.js';
import { newId } from '../../src/kernel/ids/ids.js';
import { createLogger } from '../../src/observability/logger.js';
import { ServiceAccountCredentialsRepository } from '../../src/users/service-account-credentials.repository.js';
import { ServiceAccountsRepository } from '../../src/users/service-accounts.repository.js';
import { ServiceAccountsService } from '../../src/users/service-accounts.service.js';
import { createTestDatabase, type TestDatabase } from '../support/test-database.js';

const ISSUER = 'https://bx.example';
const TOKEN_ENDPOINT = `${ISSUER}/api/v1/auth/token`;
const TYPE = 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer';
const NOTHING: ClientRequest = {
  authorization: undefined,
  clientId: undefined,
  clientSecret: undefined,
  clientAssertionType: undefined,
  clientAssertion: undefined,
};
const ec = generateKeyPairSync('ec', { namedCurve: 'P-256' });
const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 });
type Members = Record<string, unknown>;
const part = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url');
const basic = (id: string, secret: string) => `Basic ${Buffer.from(`${id}:${secret}`).toString('base64')}`;
const signed = (header: Members, payload: Members, signature: (input: string) => Buffer) => {
  const input = `${part(header)}.${part(payload)}`;
  return `${input}.${signature(input).toString('base64url')}`;
};
const es256 = (key: KeyObject) => (input: string) =>
  sign('sha256', Buffer.from(input), { key, dsaEncoding: 'ieee-p1363' });

const accountsOf = (transactions: TransactionRunner) =>
  new ServiceAccountsService(
    transactions,
    new ServiceAccountsRepository(),
    new ServiceAccountCredentialsRepository(),
    {} as AuditService, // only changes are recorded
    createLogger('silent'),
  );

describe('client authentication', () => {
  let database: TestDatabase;
  let transactions: TransactionRunner;
  let authentication: ClientAuthentication;
  const counted: string[] = [];
  const clock = new DatabaseClock();
  const ids = { tenant: newId(), owner: newId() };
  const sql = (query: string, parameters: unknown[] = []) => database.dataSource.query(query, parameters);

  beforeAll(async () => {
    database = await createTestDatabase();
    transactions = new TransactionRunner(database.dataSource);
    authentication = instance();
    await sql(
      `INSERT INTO tenants (id, entra_tenant_id, display_name, sign_in_allowed, scan_enabled, scan_interval_seconds)
       VALUES ($1, $2, 'T', true, false, 300)`,
      [ids.tenant, randomUUID()],
    );
    await sql(`INSERT INTO users (id, tenant_id, object_id, display_name) VALUES ($1, $2, $3, 'Owner')`, [
      ids.owner,
      ids.tenant,
      randomUUID(),
    ]);
  });
  afterAll(() => database.close());

  function instance(): ClientAuthentication {
    const refused = { count: (reason: string) => void counted.push(reason) } as RefusedCredentials;
    const accounts = accountsOf(transactions);
    const settings = Object.assign(new Settings(), { PUBLIC_URL: `${ISSUER}/` });
    const assertions = new ClientAssertions(transactions, new UsedProofs(), clock, settings);
    return new ClientAuthentication(accounts, assertions, refused);
  }

  async function account(): Promise<string> {
    const id = newId();
    await sql('INSERT INTO service_accounts (id, tenant_id, name, owner_user_id) VALUES ($1::uuid, $2, $1::text, $3)', [
      id,
      ids.tenant,
      ids.owner,
    ]);
    return id;
  }
  async function credential(accountId: string, content: { secret: string } | { key: KeyObject }): Promise<string> {
    const id = newId();
    const isSecret = 'secret' in content;
    await sql(
      `INSERT INTO service_account_credentials (id, service_account_id, kind, secret_hash, public_jwk, expires_at)
       VALUES ($1, $2, $3, $4, $5, now() + interval '1 day')`,
      [
        id,
        accountId,
        isSecret ? 'secret' : 'public_key',
        isSecret ? sha256(content.secret) : null,
        isSecret ? null : content.key.export({ format: 'jwk' }),
      ],
    );
    return id;
  }
  const ask = (request: Partial<ClientRequest>) => authentication.authenticate({ ...NOTHING, ...request });
  const refusal = async (request: Partial<ClientRequest>): Promise<unknown> => {
    try {
      return await ask(request);
    } catch (error) {
      const { code, detail } = error as { code?: string; detail?: string };
      return { code, detail };
    }
  };
  const BARE = { code: 'oauth.invalid_client', detail: undefined };

  it('lets the sign-in of this service be a public client, and nobody else', async () => {
    expect(await ask({ clientId: 'blindspotx' })).toEqual({ kind: 'public', clientId: 'blindspotx' });
    for (const clientId of ['Blindspotx', 'blindspotx ', 'other', newId(), await account()]) {
      expect(await refusal({ clientId })).toEqual(BARE);
    }
    expect(await refusal({ clientId: 'blindspotx', clientSecret: 'guess' })).toEqual(BARE);
    expect(await refusal({ authorization: basic('blindspotx', '') })).toEqual(BARE);
  });

  describe('by secret', () => {
    let id: string;
    let secret: string;
    beforeEach(async () => {
      id = await account();
      secret = `bxs_${randomToken()}`;
    });

    it('knows the account and the credential, by header or by form, and notes the use', async () => {
      const credentialId = await credential(id, { secret });
      const expected = {
        kind: 'service_account',
        clientId: id,
        credentialId,
        account: expect.objectContaining({ id, securityStamp: 1 }),
      };
      expect(await ask({ authorization: basic(id, secret) })).toEqual(expected);
      expect(await ask({ authorization: basic(id, secret), clientId: id })).toEqual(expected);
      expect(await ask({ clientId: id, clientSecret: secret })).toEqual(expected);
      const [row]: { noted: boolean }[] = await sql(
        'SELECT last_used_at IS NOT NULL AS noted FROM service_account_credentials WHERE id = $1',
        [credentialId],
      );
      expect(row?.noted).toBe(true);
    });

    it('takes either of two secrets, so that one can be replaced without a gap', async () => {
      const [first, second] = [await credential(id, { secret }), await credential(id, { secret: 'another-secret' })];
      expect(await ask({ clientId: id, clientSecret: secret })).toMatchObject({ credentialId: first });
      expect(await ask({ clientId: id, clientSecret: 'another-secret' })).toMatchObject({ credentialId: second });
    });

    it('reads a secret with colons, spaces and signs as RFC 6749 2.3.1 encodes it', async () => {
      const strange = 'a:b+c d%e\u20ac&f=g';
      await credential(id, { secret: strange });
      const encoded = new URLSearchParams({ s: strange }).toString().slice(2);
      expect(await ask({ authorization: basic(id, encoded) })).toMatchObject({ clientId: id });
    });

    it.each<[string, (id: string, secret: string) => Partial<ClientRequest>]>([
      ['a wrong secret', (client) => ({ clientId: client, clientSecret: `bxs_${randomToken()}` })],
      ['a secret cut short', (client, right) => ({ clientId: client, clientSecret: right.slice(0, -1) })],
      ['a secret made longer', (client, right) => ({ clientId: client, clientSecret: `${right}A` })],
      ['a secret in other letters', (client, right) => ({ clientId: client, clientSecret: right.toUpperCase() })],
      [
        'the hash of the secret',
        (client, right) => ({ clientId: client, clientSecret: sha256(right).toString('hex') }),
      ],
      ['an empty secret in the header', (client) => ({ authorization: basic(client, '') })],
      ['a secret of 100 kB', (client) => ({ clientId: client, clientSecret: 'x'.repeat(100_000) })],
      ['the id in capitals', (client, right) => ({ clientId: client.toUpperCase(), clientSecret: right })],
      ['a client that is nobody', (_client, right) => ({ clientId: newId(), clientSecret: right })],
      ['a client id that is no UUID', (_client, right) => ({ clientId: "' OR 1=1 --", clientSecret: right })],
      ['a client id with a NUL', (client, right) => ({ clientId: `${client}\0`, clientSecret: right })],
    ])('refuses %s, all alike', async (_case, request) => {
      await credential(id, { secret });
      counted.length = 0;
      expect(await refusal(request(id, secret))).toEqual(BARE);
      expect(counted).toEqual(['oauth.invalid_client']);
      expect(await ask({ clientId: id, clientSecret: secret })).toMatchObject({ clientId: id });
    });

    it.each([
      [
        'expired, by the clock of the database',
        `UPDATE service_account_credentials SET expires_at = now() WHERE service_account_id = $1`,
      ],
      ['revoked', `UPDATE service_account_credentials SET revoked_at = now() WHERE service_account_id = $1`],
      ['of a disabled account', `UPDATE service_accounts SET status = 'disabled' WHERE id = $1`],
      [
        'of a disabled owner',
        `UPDATE users SET status = 'disabled' WHERE id = (SELECT owner_user_id FROM service_accounts WHERE id = $1)`,
      ],
    ])('refuses a secret %s, with the same answer as a wrong one', async (_case, change) => {
      await credential(id, { secret });
      expect(await ask({ clientId: id, clientSecret: secret })).toMatchObject({ clientId: id });
      await sql(change, [id]);
      expect(await refusal({ clientId: id, clientSecret: secret })).toEqual(BARE);
      await sql(`UPDATE users SET status = 'active'`);
    });

    it('refuses the secret of another account', async () => {
      await credential(id, { secret });
      const other = await account();
      await credential(other, { secret: 'the-other-one' });
      expect(await refusal({ clientId: other, clientSecret: secret })).toEqual(BARE);
    });

    it('refuses a secret where the account has only a key', async () => {
      await credential(id, { key: ec.publicKey });
      expect(
        await refusal({ clientId: id, clientSecret: JSON.stringify(ec.publicKey.export({ format: 'jwk' })) }),
      ).toEqual(BARE);
    });
  });

  describe('by signed assertion', () => {
    let id: string;
    let ecCredential: string;
    let rsaCredential: string;
    beforeAll(async () => {
      id = await account();
      ecCredential = await credential(id, { key: ec.publicKey });
      rsaCredential = await credential(id, { key: rsa.publicKey });
    });
    const now = () => clock.nowSeconds();
    const claims = (more: Members = {}): Members => ({
      ...{ iss: id, sub: id, aud: ISSUER, jti: randomUUID(), iat: now(), exp: now() + 60 },
      ...more,
    });
    const assertion = (payload: Members = {}, header: Members = {}, key = ec.privateKey) =>
      signed({ alg: 'ES256', ...header }, claims(payload), es256(key));
    const by = (clientAssertion: string, clientId?: string): Partial<ClientRequest> => ({
      clientAssertionType: TYPE,
      clientAssertion,
      ...(clientId === undefined ? {} : { clientId }),
    });
    const CODE = expect.objectContaining({ code: 'oauth.invalid_client' });

    it.each<[string, Members, Members]>([
      ['the issuer as audience', {}, {}],
      ['the token endpoint as audience', { aud: TOKEN_ENDPOINT }, {}],
      ['a list of one audience', { aud: [ISSUER] }, {}],
      ['the typ JWT and a key id', {}, { typ: 'JWT', kid: 'any' }],
      ['the typ client-authentication+jwt', {}, { typ: 'client-authentication+jwt' }],
      ['no iat', { iat: undefined }, {}],
      ['an nbf', { nbf: Math.floor(Date.now() / 1000) }, {}],
      ['five minutes to live', { exp: Math.floor(Date.now() / 1000) + 299 }, {}],
    ])('takes one with %s', async (_case, payload, header) => {
      expect(await ask(by(assertion(payload, header)))).toMatchObject({ clientId: id, credentialId: ecCredential });
    });

    it.each(['RS256', 'PS256'])('takes one signed with %s', async (alg) => {
      const padding = alg === 'PS256' ? { padding: 6, saltLength: 32 } : {}; // RSA_PKCS1_PSS_PADDING
      const text = signed({ alg }, claims(), (input) =>
        sign('sha256', Buffer.from(input), { key: rsa.privateKey, ...padding }),
      );
      expect(await ask(by(text, id))).toMatchObject({ clientId: id, credentialId: rsaCredential });
    });

    it('is good once, also when two instances are asked at the same moment (fosite CVE-2020-15222)', async () => {
      const text = assertion();
      const other = instance();
      const outcomes = await Promise.allSettled(
        [authentication, other, authentication, other].map((each) => each.authenticate({ ...NOTHING, ...by(text) })),
      );
      expect(outcomes.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
      expect(await refusal(by(text))).toEqual(CODE);
    });

    it('is not used up by a stranger who knows its jti', async () => {
      const jti = randomUUID();
      const stranger = generateKeyPairSync('ec', { namedCurve: 'P-256' });
      expect(await refusal(by(assertion({ jti }, {}, stranger.privateKey)))).toEqual(BARE);
      expect(await ask(by(assertion({ jti })))).toMatchObject({ clientId: id });
    });

    it('does not share its jti with other clients', async () => {
      const jti = randomUUID();
      const other = await account();
      await credential(other, { key: ec.publicKey });
      expect(await ask(by(assertion({ jti })))).toMatchObject({ clientId: id });
      expect(await ask(by(assertion({ jti, iss: other, sub: other })))).toMatchObject({ clientId: other });
    });

    const ahead = (seconds: number) => Math.floor(Date.now() / 1000) + seconds;
    it.each<[string, () => Members]>([
      ['another audience', () => ({ aud: 'https://attacker.example' })],
      ['two audiences, one of them ours', () => ({ aud: [ISSUER, 'https://attacker.example'] })],
      ['two audiences, both ours', () => ({ aud: [ISSUER, TOKEN_ENDPOINT] })],
      ['our issuer with a slash', () => ({ aud: `${ISSUER}/` })],
      ['our issuer in capitals', () => ({ aud: ISSUER.toUpperCase() })],
      ['another endpoint of ours', () => ({ aud: `${ISSUER}/api/v1/auth/introspect` })],
      ['an audience that begins like ours', () => ({ aud: `${ISSUER}.attacker.example` })],
      ['an audience in a list in a list', () => ({ aud: [[ISSUER]] })],
      ['no audience', () => ({ aud: undefined })],
      ['an empty list of audiences', () => ({ aud: [] })],
      ['an iss that is not the client', () => ({ iss: ISSUER })],
      ['a sub that is not the client', () => ({ sub: newId() })],
      ['neither iss nor sub', () => ({ iss: undefined, sub: undefined })],
      ['iss and sub that are lists', () => ({ iss: [id], sub: [id] })],
      ['a client that is nobody', () => ({ iss: ids.owner, sub: ids.owner })],
      ['the public client', () => ({ iss: 'blindspotx', sub: 'blindspotx' })],
      ['no exp', () => ({ exp: undefined })],
      ['an exp that is text', () => ({ exp: String(ahead(60)) })],
      ['an exp that is past', () => ({ exp: ahead(-1) })],
      ['an exp six minutes ahead', () => ({ exp: ahead(360) })],
      ['an exp in milliseconds', () => ({ exp: Date.now() })],
      ['an iat in the future', () => ({ iat: ahead(40) })],
      ['an iat that is text', () => ({ iat: 'now' })],
      ['an nbf in the future', () => ({ nbf: ahead(40) })],
      ['no jti', () => ({ jti: undefined })],
      ['an empty jti', () => ({ jti: '' })],
      ['a jti that is a number', () => ({ jti: 1 })],
      ['a jti of 257 characters', () => ({ jti: 'x'.repeat(257) })],
    ])('refuses one with %s', async (_case, payload) => {
      expect(await refusal(by(assertion(payload())))).toEqual(CODE);
    });

    it.each<[string, Members]>([
      ['the typ of an access token', { typ: 'at+jwt' }],
      ['the typ of a DPoP proof', { typ: 'dpop+jwt' }],
      ['the typ of a logout token', { typ: 'logout+jwt' }],
      ['the alg none', { alg: 'none' }],
      ['the alg HS256', { alg: 'HS256' }],
      ['the alg of the other key', { alg: 'RS256' }],
      ['no alg', { alg: undefined }],
      ['an alg that is a list', { alg: ['ES256'] }],
      ['extensions that must be understood', { crit: ['exp'] }],
    ])('refuses one with %s in the header', async (_case, header) => {
      expect(await refusal(by(assertion({}, header)))).toEqual(CODE);
    });

    it('refuses a key that the assertion brings along or points to', async () => {
      const own = generateKeyPairSync('ec', { namedCurve: 'P-256' });
      const header = {
        jwk: own.publicKey.export({ format: 'jwk' }),
        jku: 'https://attacker.example',
        x5u: 'https://attacker.example',
      };
      expect(await refusal(by(assertion({}, header, own.privateKey)))).toEqual(BARE);
    });

    it('refuses HMAC with the public key, and no signature at all', async () => {
      for (const key of [ec.publicKey, rsa.publicKey]) {
        const secret = createSecretKey(Buffer.from(key.export({ type: 'spki', format: 'pem' }).toString()));
        for (const alg of ['HS256', 'ES256']) {
          const text = signed({ alg }, claims(), (input) => createHmac('sha256', secret).update(input).digest());
          expect(await refusal(by(text))).toEqual(CODE);
        }
      }
      expect(await refusal(by(`${part({ alg: 'none' })}.${part(claims())}.`))).toEqual(CODE);
    });

    it('refuses one whose client is not the client_id of the form', async () => {
      const other = await account();
      expect(await refusal(by(assertion(), other))).toEqual(BARE);
      expect(await refusal(by(assertion(), 'blindspotx'))).toEqual(BARE);
    });

    it('refuses the signature of an account’s key for another account', async () => {
      const other = await account();
      const otherKey = generateKeyPairSync('ec', { namedCurve: 'P-256' });
      await credential(other, { key: otherKey.publicKey });
      expect(await refusal(by(assertion({ iss: other, sub: other })))).toEqual(BARE);
    });

    it('refuses a key that was revoked, at once', async () => {
      const own = await account();
      await credential(own, { key: ec.publicKey });
      const text = () => by(assertion({ iss: own, sub: own }));
      expect(await ask(text())).toMatchObject({ clientId: own });
      await sql('UPDATE service_account_credentials SET revoked_at = now() WHERE service_account_id = $1', [own]);
      expect(await refusal(text())).toEqual(BARE);
    });

    it('opens nothing by a stored key that would not be taken today', async () => {
      const own = await account();
      const weak = generateKeyPairSync('rsa', { modulusLength: 1024 });
      await credential(own, { key: weak.publicKey });
      const text = signed({ alg: 'RS256' }, claims({ iss: own, sub: own }), (input) =>
        sign('sha256', Buffer.from(input), weak.privateKey),
      );
      expect(await refusal(by(text))).toEqual(BARE);
    });

    it('refuses what is no token', async () => {
      for (const text of ['x', 'a.b.c', '..', `${part([])}.${part([])}.AA`, 'x'.repeat(100_000)]) {
        expect(await refusal(by(text))).toEqual(CODE);
      }
    });

    it('holds by the clock of the database, whatever the one of this host says', async () => {
      clock.sample(Date.now() + 7_200_000, performance.now(), performance.now());
      try {
        expect(await refusal(by(assertion({ exp: Math.floor(Date.now() / 1000) + 60 })))).toEqual(CODE);
        expect(await ask(by(assertion()))).toMatchObject({ clientId: id });
      } finally {
        clock.sample(Date.now(), performance.now() - 1, performance.now() - 1);
      }
    });
  });

  it('is refused, not believed, when the database cannot be asked', async () => {
    const gone = await createTestDatabase();
    const elsewhere = new TransactionRunner(gone.dataSource);
    await gone.close();
    const settings = Object.assign(new Settings(), { PUBLIC_URL: ISSUER });
    const assertions = new ClientAssertions(elsewhere, new UsedProofs(), clock, settings);
    const away = new ClientAuthentication(accountsOf(elsewhere), assertions, {} as RefusedCredentials);
    await expect(away.authenticate({ ...NOTHING, clientId: newId(), clientSecret: 'x' })).rejects.toThrow();
  });
});
