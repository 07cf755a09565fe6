import { randomBytes } from 'node:crypto';
import { Agent } from 'node:https';
import { ClientSecretCredential } from '@azure/identity';
import { KeyVaultServer } from '../../../test/support/key-vault-server.js';
import { startKeys } from '../../../test/support/keys-stage.js';
import { createTestDatabase, type TestDatabase } from '../../../test/support/test-database.js';
import { systemActor } from '../../access/actor.js';
import { defineSealedColumn } from '../../crypto/sealed-columns.js';
import { LocalMasterKey } from '../master-key.js';
import { AwsKmsKey } from './aws-kms-key.js';
import { AzureKeyVaultKey } from './azure-key-vault-key.js';
import { type KeyEncryptionKey, KeyEncryptionKeys } from './key-encryption-key.js';
import { VAULT_RETRIES } from './vault-call.js';

const OPERATOR = systemActor('operator');
const ARN = 'arn:aws:kms:eu-central-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab';
const place = { table: 'data_keys', column: 'wrapped_key', row: '1' };
const SECRET = defineSealedColumn({ table: 'vaulted', column: 'secret', row: 'id', tenant: null, rewrap: true });

/** As many tries as ever, but the vault is on this machine: they wait for less. */
const AT_ONCE = { maxRetries: VAULT_RETRIES, retryDelayInMs: 10, maxRetryDelayInMs: 10 };
const TRY_MS = 1000;

/** Through the SDK of each cloud. */
const CLOUDS: Record<string, (server: KeyVaultServer, arn?: string) => Promise<KeyEncryptionKey>> = {
  'Azure Key Vault': ({ url, ca, tenantId }) => {
    const options = { tlsOptions: { ca }, disableChallengeResourceVerification: true, retryOptions: AT_ONCE };
    const credential = new ClientSecretCredential(tenantId, 'client', 'secret', {
      ...options,
      authorityHost: url,
      disableInstanceDiscovery: true,
    });
    return AzureKeyVaultKey.open({ keyUrl: `${url}/keys/blindspotx` }, credential, options);
  },
  'AWS KMS': ({ url, ca }, arn = ARN) =>
    AwsKmsKey.open(
      { keyArn: arn, endpoint: url },
      {
        credentials: { accessKeyId: 'AKIATEST', secretAccessKey: 'secret' },
        requestHandler: { httpsAgent: new Agent({ ca }), requestTimeout: TRY_MS, throwOnRequestTimeout: true },
      },
    ),
};

describe.each(Object.entries(CLOUDS))('keys under %s', (cloud, open) => {
  let server: KeyVaultServer;
  let key: KeyEncryptionKey;
  let database: TestDatabase;
  beforeEach(async () => {
    server = await KeyVaultServer.start();
    server.addKmsKey(ARN);
    key = await open(server);
    database = await createTestDatabase({ poolMax: 10 });
  });
  afterEach(async () => {
    await database.close();
    await server.close();
  });

  it('come back at their place and nowhere else', async () => {
    const dataKey = randomBytes(32);
    const { wrapped, wrappedBy } = await key.wrap(dataKey, place);
    expect(key.opens(wrappedBy)).toBe(true);
    expect(wrappedBy).toBe(await key.currentId());
    expect(wrapped.includes(dataKey)).toBe(false);
    expect(await key.unwrap(wrapped, wrappedBy, place)).toEqual(dataKey);
    await expect(key.unwrap(wrapped, wrappedBy, { ...place, row: '2' })).rejects.toThrow();
    const changed = Buffer.from(wrapped);
    changed[20] = (changed[20] ?? 0) ^ 1;
    await expect(key.unwrap(changed, wrappedBy, place)).rejects.toThrow();
  });

  it.each(['another key', 'another vault'])('are not taken from a vault that answers for %s', async (what) => {
    const { wrapped, wrappedBy } = await key.wrap(randomBytes(32), place);
    const claim = what === 'another key' ? `${server.url}/keys/other/0` : 'https://other.example/keys/blindspotx/0';
    server.claims = cloud === 'AWS KMS' ? ARN.replace(/.{4}$/, what === 'another key' ? '0000' : '1111') : claim;
    const mistaken = { code: 'keys.vault_mistaken', detail: expect.stringContaining(server.claims) };
    const asked = await open(server);
    await expect(asked.currentId()).rejects.toMatchObject(mistaken);
    await expect(asked.wrap(randomBytes(32), place)).rejects.toMatchObject(mistaken);
    await expect(asked.unwrap(wrapped, wrappedBy, place)).rejects.toMatchObject(mistaken);
    server.claims = null;
    expect(await asked.unwrap(wrapped, wrappedBy, place)).toHaveLength(32);
  });

  it('of a signing key, which is longer than RSA wraps at once, come back too', async () => {
    const long = randomBytes(140);
    const { wrapped, wrappedBy } = await key.wrap(long, place);
    expect(await key.unwrap(wrapped, wrappedBy, place)).toEqual(long);
  });

  it('are asked of the vault once each, and stay in use when it goes away', async () => {
    const instance = await startKeys(database, key);
    await database.dataSource.query('CREATE TABLE vaulted (id uuid PRIMARY KEY, secret bytea)');
    const calls = server.calls.length;
    await instance.ring.reread();
    expect(server.calls).toHaveLength(calls);
    server.state = 'down';
    await instance.ring.reread();
    const sealed = await instance.ring.seal(Buffer.from('secret'), SECRET.place('1'));
    expect((await instance.ring.open(sealed, SECRET.place('1'))).toString()).toBe('secret');
    expect((await instance.ring.signingKey()).kid).toBeDefined();
    await expect(instance.succession.rotate(OPERATOR, 'data', { force: false })).rejects.toMatchObject({
      code: 'keys.vault_unavailable',
    });
    expect((await instance.status.status()).wrapsNow).toBeNull();
    server.state = 'up';
    await instance.succession.rotate(OPERATOR, 'data', { force: false });
  }, 60_000);

  it.each([
    ['down', /status 503/],
    ['forbids', /(AccessDeniedException|Forbidden|AuthenticationError)/],
    ['hangs', /no answer/],
    ['page', /does not speak as a key vault/],
  ] as const)(
    'stop the start with a sentence that names the vault and what it answers when it %s',
    async (state, answer) => {
      await startKeys(database, key);
      server.state = state;
      await expect(startKeys(database, await open(server))).rejects.toMatchObject({
        code: 'keys.vault_unavailable',
        detail: expect.stringMatching(
          new RegExp(`, (Decrypt|unwrap key): .*${answer.source}.*\\. Check the way to the vault`),
        ),
        message: expect.stringContaining(key.name),
      });
    },
    60_000,
  );

  it('are moved there from a local master key, and back', async () => {
    const local = new LocalMasterKey(randomBytes(32));
    const before = await startKeys(database, local);
    const sealed = await before.ring.seal(Buffer.from('secret'), SECRET.place('1'));
    const moving = await startKeys(database, new KeyEncryptionKeys(key, [local]));
    expect(await moving.rewrapping.run(OPERATOR)).toMatchObject({ before: [local.id], count: 6 });
    const there = await startKeys(database, key);
    expect((await there.ring.open(sealed, SECRET.place('1'))).toString()).toBe('secret');
    const back = await startKeys(database, new KeyEncryptionKeys(local, [key]));
    expect((await back.rewrapping.run(OPERATOR)).count).toBe(6);
    server.state = 'down';
    expect((await (await startKeys(database, local)).ring.open(sealed, SECRET.place('1'))).toString()).toBe('secret');
  }, 60_000);

  it('say that another key wrapped them, rather than that the vault is away, when the key is not theirs', async () => {
    await startKeys(database, key);
    await expect(startKeys(database, new LocalMasterKey(randomBytes(32)))).rejects.toMatchObject({
      code: 'keys.master_key_wrong',
      detail: expect.stringContaining(cloud === 'AWS KMS' ? ARN : server.url),
    });
  });
});

describe('a key of Azure Key Vault', () => {
  const open = CLOUDS['Azure Key Vault'] as (server: KeyVaultServer) => Promise<KeyEncryptionKey>;

  it('opens what older versions wrapped, wraps by the newest, and opens from a vault that it was restored into', async () => {
    const server = await KeyVaultServer.start();
    const restored = await KeyVaultServer.start();
    const key = await open(server);
    const dataKey = randomBytes(32);
    const first = await key.wrap(dataKey, place);
    server.rotateAzureKey();
    const second = await key.wrap(dataKey, place);
    expect(second.wrappedBy).not.toBe(first.wrappedBy);
    expect(await key.unwrap(first.wrapped, first.wrappedBy, place)).toEqual(dataKey);
    restored.restoreAzureKeyFrom(server);
    await server.close();
    const elsewhere = await open(restored);
    for (const { wrapped, wrappedBy } of [first, second]) {
      expect(await elsewhere.unwrap(wrapped, wrappedBy, place)).toEqual(dataKey);
    }
    await restored.close();
  }, 60_000);
});
