import { createHmac, randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { AuditService } from '../../src/audit/audit.service.js';
import type { Answer } from '../auth/auth-stage.js';
import { PUBLIC_URL } from '../auth/auth-stage.js';
import { auditTrail } from '../support/audit-trail.js';
import { ACCESS_TOKEN_TYPE, accessTokenOf, PROMISED_MS, type Program, ProgramStage } from './program-stage.js';
import { part, SenderKey } from './sender-key.js';

/** The attacker's suite for programs: each attack stands beside the proper request, which must succeed. */
describe('an attacker of programs', () => {
  let programs: ProgramStage;
  beforeAll(async () => {
    programs = await ProgramStage.start();
  }, 60_000);
  afterAll(() => programs.close());

  const outcome = ({ status, body }: Answer) => [status, body['error'] ?? body['code']];
  const INVALID_CLIENT = [401, 'invalid_client'];
  const INVALID_GRANT = [400, 'invalid_grant'];
  /** What of an answer may tell two cases apart. */
  const visible = ({ status, headers, body }: Answer) => {
    const { requestId: _, ...rest } = body;
    return { status, challenge: headers.get('www-authenticate'), length: JSON.stringify(rest).length, rest };
  };

  describe('who pretends to be a client', () => {
    it('learns nothing of which clients there are: unknown, wrong secret, expired, disabled, keyless are one answer (Zitadel CVE-2026-23511)', async () => {
      const program = await programs.program();
      const [expired, disabled, revoked] = [
        await programs.program(),
        await programs.program(),
        await programs.program(),
      ];
      const keyed = await programs.program({ key: new SenderKey() });
      await programs.stage.sql('UPDATE service_account_credentials SET expires_at = now() WHERE id = $1', [
        expired.credentialId,
      ]);
      await programs.stage.sql(`UPDATE service_accounts SET status = 'disabled' WHERE id = $1`, [disabled.id]);
      await programs.stage.sql('UPDATE service_account_credentials SET revoked_at = now() WHERE id = $1', [
        revoked.credentialId,
      ]);
      const answers = [
        await programs.clientCredentials({ ...program, secret: `bxs_${'A'.repeat(43)}` }),
        await programs.clientCredentials({ ...program, id: randomUUID() }),
        await programs.clientCredentials({ ...program, id: 'nobody' }),
        await programs.clientCredentials({ ...program, secret: program.secret.slice(0, -1) }),
        await programs.clientCredentials({ ...keyed, secret: program.secret }),
        await programs.clientCredentials(expired),
        await programs.clientCredentials(disabled),
        await programs.clientCredentials(revoked),
        await programs.form('token', { grant_type: 'client_credentials', client_id: program.id }),
      ].map(visible);
      expect(outcome(await programs.clientCredentials({ ...program, secret: 'x' }))).toEqual(INVALID_CLIENT);
      expect(new Set(answers.map((answer) => JSON.stringify(answer))).size).toBe(1);
      expect((await programs.clientCredentials(program)).status).toBe(200);
    });

    it('gains nothing by two methods at once, one of them right (RFC 6749 2.3)', async () => {
      const program = await programs.program();
      const basic = `Basic ${Buffer.from(`${program.id}:${program.secret}`).toString('base64')}`;
      const inForm = { client_id: program.id, client_secret: program.secret };
      const grant = { grant_type: 'client_credentials' };
      for (const form of [inForm, { client_secret: 'x' }, { client_assertion: 'x' }]) {
        const answer = await programs.form('token', { ...grant, ...form }, { authorization: basic });
        expect(outcome(answer)).toEqual([400, 'invalid_request']);
      }
      expect((await programs.form('token', grant, { authorization: basic })).status).toBe(200);
      expect((await programs.form('token', { ...grant, ...inForm })).status).toBe(200);
    });

    it('cannot name one client in the header and another in the form', async () => {
      const [one, another] = [await programs.program(), await programs.program()];
      const authorization = `Basic ${Buffer.from(`${one.id}:${one.secret}`).toString('base64')}`;
      const ask = (client_id: string) =>
        programs.form('token', { grant_type: 'client_credentials', client_id }, { authorization });
      expect(outcome(await ask(another.id))).toEqual([400, 'invalid_request']);
      expect((await ask(one.id)).status).toBe(200);
    });

    it('gets in by no secret in the address (RFC 6749 2.3.1)', async () => {
      const program = await programs.program();
      const query = new URLSearchParams({ client_id: program.id, client_secret: program.secret }).toString();
      const answer = await programs.form(`token?${query}`, { grant_type: 'client_credentials' });
      expect(outcome(answer)).toEqual(INVALID_CLIENT);
      expect((await programs.clientCredentials(program)).status).toBe(200);
    });

    it('replays an assertion on no instance, not even in the same moment (fosite CVE-2020-15222)', async () => {
      const key = new SenderKey();
      const { id } = await programs.program({ key });
      const form = {
        grant_type: 'client_credentials',
        client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer',
        client_assertion: key.assertion(id),
      };
      const answers = await Promise.all(
        Array.from({ length: 20 }, (_, n) =>
          programs.form('token', form, {}, n % 2 === 0 ? programs.stage.service : programs.other),
        ),
      );
      expect(answers.filter(({ status }) => status === 200)).toHaveLength(1);
      expect(answers.filter(({ status }) => status === 401)).toHaveLength(19);
      expect((await programs.byAssertion(key.assertion(id))).status).toBe(200);
    });

    it('passes on no assertion that was made for another server, or for several (CVE-2025-27370, CVE-2025-27371)', async () => {
      const key = new SenderKey();
      const { id } = await programs.program({ key });
      for (const aud of [
        'https://other.example',
        'https://other.example/api/v1/auth/token',
        [PUBLIC_URL, 'https://other.example'],
        `${PUBLIC_URL}/`,
        `${PUBLIC_URL}/api/v1/auth/revoke`,
        undefined,
        [],
      ]) {
        expect([aud, ...outcome(await programs.byAssertion(key.assertion(id, { aud })))]).toEqual([
          aud,
          ...INVALID_CLIENT,
        ]);
      }
      for (const aud of [PUBLIC_URL, [PUBLIC_URL], `${PUBLIC_URL}/api/v1/auth/token`]) {
        expect((await programs.byAssertion(key.assertion(id, { aud }))).status).toBe(200);
      }
    });

    it('keeps no assertion for later: without exp, or with one far ahead (Zitadel GHSA-wxg7-w2v3-w38g)', async () => {
      const key = new SenderKey();
      const { id } = await programs.program({ key });
      const now = Math.floor(Date.now() / 1000);
      for (const claims of [
        { exp: undefined },
        { exp: now + 3600 },
        { exp: now - 1 },
        { exp: '9999999999' },
        { iat: now + 3600 },
        { jti: undefined },
      ]) {
        expect(outcome(await programs.byAssertion(key.assertion(id, claims)))).toEqual(INVALID_CLIENT);
      }
      expect((await programs.byAssertion(key.assertion(id, { exp: now + 240 }))).status).toBe(200);
    });

    it('signs for a client with nothing but its public key, or with a key of his own (fast-jwt CVE-2023-48223, CVE-2026-34950)', async () => {
      const [key, own] = [new SenderKey(), new SenderKey()];
      const { id } = await programs.program({ key });
      const [, payload] = key.assertion(id).split('.');
      const byHmac = (secret: string | Buffer) => {
        const input = `${part({ alg: 'HS256' })}.${payload}`;
        return `${input}.${createHmac('sha256', secret).update(input).digest('base64url')}`;
      };
      const pem = key.publicKey.export({ type: 'spki', format: 'pem' }).toString();
      const attempts = [
        byHmac(pem),
        byHmac(` ${pem}`),
        byHmac(key.publicKey.export({ type: 'spki', format: 'der' })),
        byHmac(JSON.stringify(key.jwk)),
        `${part({ alg: 'none' })}.${payload}.`,
        `${part({ alg: 'none' })}.${payload}.AA`,
        own.assertion(id),
        own.assertion(id, {}, { jwk: own.jwk }),
        own.assertion(id, {}, { jku: 'https://attacker.example/jwks', x5u: 'https://attacker.example/x5u' }),
        key.assertion(id, {}, { crit: ['b64'], b64: false }),
      ];
      for (const attempt of attempts) expect(outcome(await programs.byAssertion(attempt))).toEqual(INVALID_CLIENT);
      expect((await programs.byAssertion(key.assertion(id))).status).toBe(200);
    });

    it('takes no other token for an assertion: ours, Entra’s, a DPoP proof (Keycloak CVE-2026-11800, CVE-2026-16093)', async () => {
      const key = new SenderKey();
      const program = await programs.program({ key });
      const ours = accessTokenOf(await programs.byAssertion(key.assertion(program.id)));
      const { objectId } = programs.stage.person(1);
      const tokens = [
        ours,
        programs.stage.tenant.mintToken({
          kind: 'id',
          objectId,
          claims: { iss: program.id, sub: program.id, aud: PUBLIC_URL },
        }),
        programs.stage.tenant.mintToken({ kind: 'api', objectId }),
        key.proof('POST', '/auth/token'),
        key.assertion(program.id, {}, { typ: 'dpop+jwt', jwk: key.jwk }),
        key.assertion(program.id, {}, { typ: 'at+jwt' }),
      ];
      for (const token of tokens) expect(outcome(await programs.byAssertion(token))).toEqual(INVALID_CLIENT);
      expect((await programs.byAssertion(key.assertion(program.id))).status).toBe(200);
    });

    it('registers no key of which the secret part is known, or weak', async () => {
      const { id } = await programs.program();
      const key = new SenderKey();
      const register = async (publicJwk: unknown) =>
        (await programs.admin('POST', `/service-accounts/${id}/credentials`, { kind: 'public_key', publicJwk })).status;
      for (const jwk of [
        key.privateKey.export({ format: 'jwk' }),
        { kty: 'oct', k: 'AAAA' },
        { ...key.jwk, y: key.jwk.x },
        { kty: 'RSA', n: Buffer.alloc(128, 0xff).toString('base64url'), e: 'AQAB' },
        { kty: 'RSA', n: Buffer.alloc(256, 0xff).toString('base64url'), e: 'AQ' },
      ]) {
        expect(await register(jwk)).toBe(400);
      }
      expect(await register(key.jwk)).toBe(201);
    });
  });

  describe('who holds somebody else’s token', () => {
    it('refreshes no token of another client, and the family of the owner lives (Zitadel CVE-2026-55672)', async () => {
      const thief = await programs.program();
      const token = await programs.refreshToken(2);
      const asThief = { client_id: thief.id, client_secret: thief.secret };
      expect(outcome(await programs.refresh(token, undefined, asThief))).toEqual(INVALID_GRANT);
      const owner = await programs.refresh(token);
      expect(owner.status).toBe(200);
      // Within the grace neither: the answer is given again to the same client only.
      expect(outcome(await programs.refresh(token, undefined, asThief))).toEqual(INVALID_GRANT);
      expect((await programs.refresh(String(owner.body['refresh_token']))).status).toBe(200);
    });

    it('refreshes nothing by a token that is cut, longer, or of another kind (Zitadel CVE-2026-27840)', async () => {
      const token = await programs.refreshToken(3);
      const access = await programs.accessToken(await programs.program());
      for (const wrong of [token.slice(0, -1), token.slice(0, 20), `${token}A`, token.toLowerCase(), access]) {
        expect(outcome(await programs.refresh(wrong))).toEqual(INVALID_GRANT);
      }
      expect((await programs.refresh(token)).status).toBe(200);
    });

    it('is not told about tokens of others, unless he holds tokens:introspect (RFC 7662 4)', async () => {
      const [owner, asker] = [await programs.program(), await programs.program()];
      const inspector = await programs.program({ role: 'administrator' });
      const token = await programs.accessToken(owner);
      const refreshToken = await programs.refreshToken(4);
      const ask = ({ id, secret }: Program, about: string) =>
        programs.form('introspect', { token: about, client_id: id, client_secret: secret });
      for (const about of [token, refreshToken]) {
        const answer = await ask(asker, about);
        expect([answer.status, answer.body]).toEqual([200, { active: false }]);
        expect((await ask(inspector, about)).body).toMatchObject({ active: true });
      }
      expect((await ask(owner, token)).body).toMatchObject({ active: true, client_id: owner.id, sub: owner.id });
      for (const form of [{ token }, { token, client_id: 'blindspotx' }, { token, client_id: owner.id }]) {
        expect(outcome(await programs.form('introspect', form))).toEqual(INVALID_CLIENT);
      }
    });

    it('is told {"active":false} and nothing more of what is dead, broken or of another kind (RFC 7662 2.2)', async () => {
      const inspector = await programs.program({ role: 'administrator' });
      const token = await programs.accessToken(inspector);
      const { objectId } = programs.stage.person(1);
      const ask = (about: string) =>
        programs.form('introspect', { token: about, client_id: inspector.id, client_secret: inspector.secret });
      const [head, body, tail] = token.split('.');
      const wrong = [
        'x',
        `${head}.${body}.`,
        `${head}.${part({ sub: inspector.id })}.${tail}`,
        `${part({ alg: 'none', typ: 'at+jwt' })}.${body}.${tail}`,
        token.slice(0, -1),
        programs.stage.tenant.mintToken({ kind: 'api', objectId }),
        programs.stage.tenant.mintToken({ kind: 'id', objectId }),
      ];
      for (const about of wrong) expect((await ask(about)).body).toEqual({ active: false });
      expect((await ask(token)).body).toMatchObject({ active: true });
    });

    it('revokes no token of another client, whatever the hint; the owner does, on both instances (RFC 7009 2.1)', async () => {
      const [owner, thief] = [
        await programs.program({ role: 'viewer' }),
        await programs.program({ role: 'administrator' }),
      ];
      const token = await programs.accessToken(owner);
      const refreshToken = await programs.refreshToken(5);
      const revoke = ({ id, secret }: Program, about: string, hint?: string) =>
        programs.form('revoke', { token: about, token_type_hint: hint, client_id: id, client_secret: secret });
      for (const hint of [undefined, 'access_token', 'refresh_token', 'other']) {
        expect((await revoke(thief, token, hint)).status).toBe(200);
        expect((await revoke(thief, refreshToken, hint)).status).toBe(200);
      }
      expect((await programs.form('revoke', { token, client_id: 'blindspotx' })).status).toBe(200);
      expect(outcome(await programs.form('revoke', { token, client_id: owner.id, client_secret: 'x' }))).toEqual(
        INVALID_CLIENT,
      );
      await sleep(PROMISED_MS);
      expect(await programs.onBoth(token)).toEqual([200, 200]);
      expect((await programs.refresh(refreshToken)).status).toBe(200);
      expect((await revoke(owner, token, 'refresh_token')).status).toBe(200);
      await sleep(PROMISED_MS);
      expect(await programs.onBoth(token)).toEqual([401, 401]);
    });
  });

  describe('who wants more than was given', () => {
    it('asks for no scope beyond what the account holds, and none that there isn’t (scope widening, Keycloak CVE-2026-9795)', async () => {
      const program = await programs.program({ role: 'viewer' });
      for (const scope of [
        'users:manage',
        'drift:read users:manage',
        'no:such',
        'drift:read  tenants:read',
        '__proto__',
        'constructor',
      ]) {
        expect([scope, ...outcome(await programs.clientCredentials(program, { scope }))]).toEqual([
          scope,
          400,
          'invalid_scope',
        ]);
      }
      const granted = await programs.clientCredentials(program, { scope: 'drift:read' });
      expect([granted.status, granted.body['scope']]).toEqual([200, 'drift:read']);
    });

    it('does nothing by a narrowed token beyond its scope, though the account may (RFC 6749 3.3)', async () => {
      const program = await programs.program({ role: 'viewer' });
      const narrowed = await programs.accessToken(program, { scope: 'drift:read' });
      expect(await programs.onBoth(narrowed, '/tenants')).toEqual([403, 403]);
      expect(await programs.onBoth(await programs.accessToken(program), '/tenants')).toEqual([200, 200]);
    });

    it('does nothing by a token without scope beyond what the account holds now', async () => {
      const program = await programs.program();
      const token = await programs.accessToken(program);
      expect(await programs.onBoth(token)).toEqual([403, 403]);
      await programs.assign(program.id, 'viewer');
      await sleep(PROMISED_MS);
      expect(await programs.onBoth(token)).toEqual([200, 200]);
    });

    it('exchanges nothing but a token of Entra ID for this service (Zitadel CVE-2026-55669, OpenFGA CVE-2026-55689)', async () => {
      const { objectId } = programs.stage.person(6);
      await programs.userId(6);
      const { tenant } = programs.stage;
      const program = await programs.program({ role: 'viewer' });
      const proper = () => tenant.mintToken({ kind: 'api', objectId });
      const exchanged = await programs.exchange(proper(), { scope: 'drift:read' });
      const wrong: [string, string][] = [
        ['our own token, to widen it', accessTokenOf(exchanged)],
        ['our own token of a program', await programs.accessToken(program)],
        ['a refresh token', await programs.refreshToken(6)],
        ['an id token for another application', tenant.mintToken({ kind: 'id', objectId, clientId: randomUUID() })],
        ['a token for Microsoft Graph', tenant.mintToken({ kind: 'graph', objectId })],
        ['another audience', tenant.mintToken({ kind: 'api', objectId, flaw: 'wrongAudience' })],
        ['no audience', tenant.mintToken({ kind: 'api', objectId, flaw: 'missingAud' })],
        ['another tenant', tenant.mintToken({ kind: 'api', objectId, flaw: 'wrongTenant' })],
        ['another issuer', tenant.mintToken({ kind: 'api', objectId, flaw: 'wrongIssuer' })],
        ['alg none', tenant.mintToken({ kind: 'api', objectId, flaw: 'algNone' })],
        ['HS256 by the public key', tenant.mintToken({ kind: 'api', objectId, flaw: 'hs256' })],
        ['expired', tenant.mintToken({ kind: 'api', objectId, flaw: 'expired' })],
        ['no iat', tenant.mintToken({ kind: 'api', objectId, flaw: 'missingIat' })],
        [
          'somebody who never signed in',
          tenant.mintToken({ kind: 'api', objectId: programs.stage.person(20).objectId }),
        ],
      ];
      for (const [what, token] of wrong) {
        const answer = await programs.exchange(token);
        expect([what, ...outcome(answer)]).toEqual([what, 400, 'invalid_request']);
      }
      const withActor = { actor_token: proper(), actor_token_type: ACCESS_TOKEN_TYPE };
      expect(outcome(await programs.exchange(proper(), withActor))).toEqual([400, 'invalid_request']);
      expect(outcome(await programs.exchange(proper(), { audience: 'https://other.example' }))).toEqual([
        400,
        'invalid_target',
      ]);
      const { status, body } = await programs.exchange(proper());
      expect([status, body['issued_token_type'], body['refresh_token']]).toEqual([200, ACCESS_TOKEN_TYPE, undefined]);
    });

    it('calls the API by no token but an access token: not by an id token, an assertion, a secret or a refresh token (ASVS 9.2.2)', async () => {
      const key = new SenderKey();
      const keyed = await programs.program({ key, role: 'viewer' });
      const program = await programs.program({ role: 'viewer' });
      const { objectId } = programs.stage.person(6);
      const wrong = [
        programs.stage.tenant.mintToken({ kind: 'id', objectId, nonce: 'n' }),
        key.assertion(keyed.id),
        key.assertion(keyed.id, { client_id: keyed.id, stamp: 1 }, { typ: 'at+jwt', kid: key.jkt }),
        program.secret,
        await programs.refreshToken(7),
      ];
      for (const token of wrong) expect([token, ...(await programs.onBoth(token))]).toEqual([token, 401, 401]);
      expect(await programs.onBoth(await programs.accessToken(program))).toEqual([200, 200]);
    });
  });

  describe('who still holds what was ended', () => {
    /** Two instances know the token, something is ended, and a second later it is dead on both. */
    const deadAtOnce = async (program: Program, end: () => Promise<Answer>): Promise<void> => {
      const token = await programs.accessToken(program);
      expect(await programs.onBoth(token)).toEqual([200, 200]);
      const { status } = await end();
      expect(status).toBe(200);
      await sleep(PROMISED_MS);
      expect(await programs.onBoth(token)).toEqual([401, 401]);
    };
    const patch = async (path: string, change: object): Promise<Answer> => {
      const { headers } = await programs.admin('GET', path);
      return programs.admin('PATCH', path, change, { 'if-match': headers.get('etag') ?? '' });
    };

    it('gets nowhere once the service account is disabled (Zitadel CVE-2024-47000, Keycloak CVE-2026-1609)', async () => {
      const program = await programs.program({ role: 'viewer' });
      const path = `/service-accounts/${program.id}`;
      await deadAtOnce(program, () => patch(path, { status: 'disabled' }));
      expect(outcome(await programs.clientCredentials(program))).toEqual(INVALID_CLIENT);
      expect((await patch(path, { status: 'active' })).status).toBe(200);
      expect((await programs.clientCredentials(program)).status).toBe(200);
    });

    it('gets nowhere once the credential is revoked, while the new one works on (authentik CVE-2025-53942)', async () => {
      const program = await programs.program({ role: 'viewer' });
      const path = `/service-accounts/${program.id}/credentials`;
      const { body } = await programs.admin('POST', path, { kind: 'secret' });
      await deadAtOnce(program, () => programs.admin('DELETE', `${path}/${program.credentialId}`));
      expect(outcome(await programs.clientCredentials(program))).toEqual(INVALID_CLIENT);
      const renewed = { ...program, secret: String(body['secret']) };
      expect(await programs.onBoth(await programs.accessToken(renewed))).toEqual([200, 200]);
    });

    it('gets nowhere once the owner is disabled, nor when the owner comes back (authentik CVE-2025-64521, Zitadel CVE-2025-64717)', async () => {
      const owner = await programs.userId(8);
      const program = await programs.program({ role: 'viewer', owner });
      const untouched = await programs.program({ role: 'viewer' });
      await deadAtOnce(program, () => patch(`/users/${owner}`, { status: 'disabled' }));
      expect(outcome(await programs.clientCredentials(program))).toEqual(INVALID_CLIENT);
      expect((await patch(`/users/${owner}`, { status: 'active' })).status).toBe(200);
      expect(outcome(await programs.clientCredentials(program))).toEqual(INVALID_CLIENT);
      expect(await programs.onBoth(await programs.accessToken(untouched))).toEqual([200, 200]);
    });

    it('gets nowhere by a person’s token that a program exchanged, once that person is disabled (Keycloak CVE-2026-1486)', async () => {
      const user = await programs.userId(9);
      await programs.assign(user, 'viewer');
      const { objectId } = programs.stage.person(9);
      const entra = programs.stage.tenant.mintToken({ kind: 'api', objectId });
      const token = accessTokenOf(await programs.exchange(entra));
      expect(await programs.onBoth(token)).toEqual([200, 200]);
      expect((await patch(`/users/${user}`, { status: 'disabled' })).status).toBe(200);
      await sleep(PROMISED_MS);
      expect(await programs.onBoth(token)).toEqual([401, 401]);
      expect(outcome(await programs.exchange(entra))).toEqual([400, 'invalid_request']);
    });

    it('gets nowhere by a person’s token that a program exchanged, once that program is disabled (Keycloak CVE-2026-93999)', async () => {
      const user = await programs.userId(10);
      await programs.assign(user, 'viewer');
      const { objectId } = programs.stage.person(10);
      const program = await programs.program();
      const entra = programs.stage.tenant.mintToken({ kind: 'api', objectId });
      const client = { client_id: program.id, client_secret: program.secret };
      const token = accessTokenOf(await programs.exchange(entra, client));
      expect(await programs.onBoth(token)).toEqual([200, 200]);
      expect((await patch(`/service-accounts/${program.id}`, { status: 'disabled' })).status).toBe(200);
      await sleep(PROMISED_MS);
      expect(await programs.onBoth(token)).toEqual([401, 401]);
    });
  });

  describe('who sends rubbish', () => {
    it('gets 4xx from every endpoint, never 5xx, and the next proper request succeeds (Auth.js GHSA-xmf8)', async () => {
      const program = await programs.program();
      const headers: Record<string, string>[] = [
        { authorization: 'Basic' },
        { authorization: 'Basic %%%' },
        { authorization: `Basic ${Buffer.from([0xff, 0x3a, 0xfe]).toString('base64')}` },
        { authorization: `Basic ${Buffer.from('a%zz:b').toString('base64')}` },
        { authorization: `Basic ${'A'.repeat(10_000)}` },
        { authorization: 'Bearer x' },
        { authorization: 'DPoP x' },
        { authorization: `Basic ${'A'.repeat(100_000)}` },
        { dpop: 'x'.repeat(100_000) },
      ];
      for (const header of headers) {
        for (const endpoint of ['token', 'introspect', 'revoke']) {
          const form = { grant_type: 'client_credentials', token: 'x' };
          const { status } = await programs.form(endpoint, form, header);
          expect([status >= 400 && status < 500, endpoint, Object.values(header)[0]?.slice(0, 20)]).toEqual([
            true,
            endpoint,
            Object.values(header)[0]?.slice(0, 20),
          ]);
        }
      }
      expect((await programs.clientCredentials(program)).status).toBe(200);
    });

    it('gets 4xx for a form with one parameter twice, too large, in JSON, or with a NUL', async () => {
      const program = await programs.program();
      const post = async (body: string, type = 'application/x-www-form-urlencoded') =>
        (
          await fetch(`${programs.stage.service.url}/api/v1/auth/token`, {
            method: 'POST',
            headers: { 'content-type': type },
            body,
          })
        ).status;
      const proper = `grant_type=client_credentials&client_id=${program.id}&client_secret=${program.secret}`;
      const attempts: [string, string?][] = [
        [`${proper}&client_id=${program.id}`],
        [`${proper}&grant_type=client_credentials`],
        [`${proper}&scope=${'a'.repeat(1_000_000)}`],
        [`grant_type=client_credentials&client_id=${program.id}%00&client_secret=${program.secret}`],
        [
          JSON.stringify({ grant_type: 'client_credentials', client_id: program.id, client_secret: program.secret }),
          'application/json',
        ],
        [proper, 'text/plain'],
        ['%', undefined],
      ];
      for (const [body, type] of attempts) {
        const status = await post(body, type);
        expect([body.slice(0, 60), status >= 400 && status < 500]).toEqual([body.slice(0, 60), true]);
      }
      expect(await post(proper)).toBe(200);
    });
  });

  it('finds no secret, assertion or token of any of this in the log (Vault CVE-2024-8365)', async () => {
    const program = await programs.program();
    const key = new SenderKey();
    const keyed = await programs.program({ key });
    const assertion = key.assertion(keyed.id);
    const tokens = [await programs.accessToken(program), accessTokenOf(await programs.byAssertion(assertion))];
    await programs.clientCredentials({ ...program, secret: `${program.secret}wrong` });
    const log = JSON.stringify([...programs.stage.service.logged, ...programs.other.logged]);
    expect(log).toContain('/api/v1/auth/token');
    for (const secret of [program.secret, assertion, ...tokens]) expect(log.includes(secret)).toBe(false);
    const audited = JSON.stringify(await auditTrail(programs.stage.service.app.get(AuditService, { strict: false })));
    expect(audited).toContain(program.id);
    for (const secret of [program.secret, assertion, ...tokens]) expect(audited.includes(secret)).toBe(false);
  });
});
