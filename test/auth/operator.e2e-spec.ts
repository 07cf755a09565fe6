import 'reflect-metadata';
import { generateKeyPairSync, webcrypto } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as x509 from '@peculiar/x509';
import { AssignmentsService } from '../../src/rbac/assignments/assignments.service.js';
import { type AuthStage, startAuthStage } from './auth-stage.js';

/** A certificate that signs itself, as `openssl req -x509` makes one, with its key in one PEM file. */
async function selfSigned(): Promise<{ certificate: string; pem: string }> {
  x509.cryptoProvider.set(webcrypto);
  const { privateKey, publicKey } = generateKeyPairSync('rsa', {
    modulusLength: 2048,
    publicKeyEncoding: { type: 'spki', format: 'der' },
    privateKeyEncoding: { type: 'pkcs8', format: 'der' },
  });
  const algorithm = { name: 'RSASSA-PKCS1-v1_5', hash: 'SHA-256' };
  const keys = {
    privateKey: await webcrypto.subtle.importKey('pkcs8', privateKey, algorithm, true, ['sign']),
    publicKey: await webcrypto.subtle.importKey('spki', publicKey, algorithm, true, ['verify']),
  };
  const certificate = await x509.X509CertificateGenerator.createSelfSigned({
    name: 'CN=blindspotx',
    keys,
    signingAlgorithm: algorithm,
    notBefore: new Date(Date.now() - 60_000),
    notAfter: new Date(Date.now() + 3_600_000),
  });
  const key = `-----BEGIN PRIVATE KEY-----\n${privateKey.toString('base64').replaceAll(/(.{64})/g, '$1\n')}\n-----END PRIVATE KEY-----\n`;
  return { certificate: certificate.toString('pem'), pem: `${key}${certificate.toString('pem')}\n` };
}

describe('an installation with a certificate and without an administrator', () => {
  let stage: AuthStage;
  const dir = mkdtempSync(join(tmpdir(), 'blindspotx-certificate-'));
  beforeAll(async () => {
    const { certificate, pem } = await selfSigned();
    const file = join(dir, 'client.pem');
    writeFileSync(file, pem, { mode: 0o600 });
    stage = await startAuthStage(
      { ENTRA_CLIENT_CERTIFICATE_FILE: file, BOOTSTRAP_ADMIN_OBJECT_ID: '99999999-9999-4999-8999-999999999999' },
      { clientCertificatePem: certificate },
    );
  });
  afterAll(async () => {
    await stage.close();
    rmSync(dir, { recursive: true, force: true });
  });

  it('signs people in by the certificate', async () => {
    const token = await stage.browser().accessToken(stage.person(0).upn);
    expect((await stage.browser().call('GET', '/users/me', token)).status).toBe(200);
  });

  it('gets an administrator from the command line: by name, object id or id, once, on record', async () => {
    const rbac = stage.service.app.get(AssignmentsService, { strict: false });
    const { upn, objectId } = stage.person(1);
    await expect(rbac.grantRoleByOperator(upn)).rejects.toMatchObject({ code: 'users.not_found' });
    const token = await stage.browser().accessToken(upn);
    const { user, granted } = await rbac.grantRoleByOperator(upn.toUpperCase());
    expect([granted, user.objectId]).toEqual([true, objectId]);
    expect((await rbac.grantRoleByOperator(objectId)).granted).toBe(false);
    expect((await rbac.grantRoleByOperator(user.id, 'auditor')).granted).toBe(true);
    expect((await stage.browser().call('GET', '/users', token)).status).toBe(200);
    const records = await stage.sql(`SELECT actor_id FROM audit_events WHERE action = 'rbac.assignment.created'`);
    expect(records).toEqual([{ actor_id: 'operator' }, { actor_id: 'operator' }]);
    await expect(rbac.grantRoleByOperator(user.id, 'owner')).rejects.toMatchObject({ code: 'rbac.unknown_role' });
  });

  it('lets plain users be disabled while there is an administrator, and asks for If-Match', async () => {
    const token = await stage.browser().accessToken(stage.person(1).upn);
    const { body } = await stage.browser().call('GET', '/users?status=active&limit=1', token);
    expect((body['items'] as unknown[]).length).toBe(1);
    expect(body['nextCursor']).not.toBeNull();
    const next = await stage.browser().call('GET', `/users?status=active&cursor=${String(body['nextCursor'])}`, token);
    expect((next.body['items'] as unknown[]).length).toBe(1);
    expect((await stage.browser().call('GET', '/users?cursor=forged', token)).status).toBe(400);
  });
});
