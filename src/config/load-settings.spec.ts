import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { getMetadataStorage } from 'class-validator';
import { ConfigurationError, loadSettings } from './load-settings.js';
import { Settings } from './settings.js';

const PRODUCTION = {
  NODE_ENV: 'production',
  PUBLIC_URL: 'https://identity.contoso.test',
  DATABASE_URL: 'postgres://bx:s3cr3t-s3cr3t@db:5432/bx',
  ENTRA_TENANT_ID: '5f2f1d8e-3a51-4e55-a5d2-0d6ff5b40a5f',
  ENTRA_CLIENT_ID: '8bd1c52e-5c5f-4f0c-8d5f-95f4a6e3a4b1',
  ENTRA_CLIENT_SECRET: 'Zk8Q~long-enough-value',
  BOOTSTRAP_ADMIN_OBJECT_ID: '0c1c52ab-5c5f-4f0c-8d5f-95f4a6e3a4b1',
  MASTER_KEY: Buffer.from('0123456789abcdefghijklmnopqrstuv').toString('base64'),
};

function faultsOf(env: Record<string, string | undefined>): string[] {
  try {
    loadSettings(env);
    return [];
  } catch (error) {
    if (error instanceof ConfigurationError) return error.faults;
    throw error;
  }
}

describe('loadSettings', () => {
  it('gives a developer everything by default', () => {
    const settings = loadSettings({});
    expect(settings).toMatchObject({ NODE_ENV: 'development', PORT: 3000, DATABASE_POOL_MAX: 10 });
    expect(settings.WEBHOOK_ALLOW_PRIVATE_ADDRESSES).toBe(false);
  });

  it('accepts a complete production environment', () => {
    expect(faultsOf(PRODUCTION)).toEqual([]);
  });

  it('reports every missing setting of a production environment at once', () => {
    const faults = faultsOf({ NODE_ENV: 'production' });
    for (const name of Object.keys(PRODUCTION).filter((name) => name !== 'NODE_ENV')) {
      expect(faults.join('\n')).toContain(`${name}: is required`);
    }
  });

  it('reports every mistyped value at once and by name', () => {
    const faults = faultsOf({ PORT: 'http', DATABASE_POOL_MAX: '1', ENTRA_TENANT_ID: 'contoso', LOG_LEVEL: 'loud' });
    expect(faults.map((fault) => fault.split(':')[0]).sort()).toEqual([
      'DATABASE_POOL_MAX',
      'ENTRA_TENANT_ID',
      'LOG_LEVEL',
      'PORT',
    ]);
  });

  it('refuses the copied example in production', () => {
    const example = readFileSync(join(__dirname, '..', '..', '.env.example'), 'utf8');
    const env = Object.fromEntries(
      [...example.matchAll(/^([A-Z_]+)=(.*)$/gm)].map(([, name, value]) => [name ?? '', value ?? '']),
    );
    const faults = faultsOf(env).join('\n');
    for (const name of ['DATABASE_URL', 'ENTRA_CLIENT_SECRET', 'MASTER_KEY', 'ENTRA_TENANT_ID', 'PUBLIC_URL']) {
      expect(faults).toContain(name);
    }
  });

  it('says in the example what every number may be', () => {
    const example = readFileSync(join(__dirname, '..', '..', '.env.example'), 'utf8');
    const rules = getMetadataStorage().getTargetValidationMetadatas(Settings, '', false, false);
    const bound = (property: string, name: string) =>
      rules.find((rule) => rule.propertyName === property && rule.name === name)?.constraints[0];
    const numbers = rules.filter(({ name }) => name === 'isInt').map(({ propertyName }) => propertyName);
    expect(numbers.length).toBeGreaterThan(15);
    const said = numbers.filter((name) =>
      new RegExp(`^# ${bound(name, 'min')} to ${bound(name, 'max')}\\n#? ?${name}=`, 'm').test(example),
    );
    expect(said).toEqual(numbers);
  });

  it('refuses a master key of one repeated character', () => {
    expect(faultsOf({ ...PRODUCTION, MASTER_KEY: `${'A'.repeat(43)}=` })).toEqual([
      'MASTER_KEY: still holds the placeholder; set a value of your own',
    ]);
  });

  it('refuses plain http as the public address of a production service', () => {
    expect(faultsOf({ ...PRODUCTION, PUBLIC_URL: 'http://identity.contoso.test' })).toEqual([
      'PUBLIC_URL: must be https when NODE_ENV=production',
    ]);
  });

  describe('secrets in files', () => {
    const folder = mkdtempSync(join(tmpdir(), 'bx-settings-'));
    afterAll(() => rmSync(folder, { recursive: true }));

    it('reads NAME_FILE, without its line end', () => {
      const file = join(folder, 'metrics-token');
      writeFileSync(file, 'a-token-of-sixteen\n');
      expect(loadSettings({ METRICS_TOKEN_FILE: file }).METRICS_TOKEN).toBe('a-token-of-sixteen');
    });

    it('says when the file cannot be read, and when both are given', () => {
      expect(faultsOf({ METRICS_TOKEN_FILE: join(folder, 'absent') })).toEqual([
        'METRICS_TOKEN_FILE: cannot be read (ENOENT)',
      ]);
      const file = join(folder, 'both');
      writeFileSync(file, 'a-token-of-sixteen');
      expect(faultsOf({ METRICS_TOKEN_FILE: file, METRICS_TOKEN: 'another-token-of-x' })).toHaveLength(1);
    });
  });

  it('never repeats a secret in its complaint', () => {
    const faults = faultsOf({ MASTER_KEY: 'hunter2-hunter2', ENTRA_CLIENT_SECRET: 'short' });
    expect(faults.join()).not.toMatch(/hunter2|short\b/);
  });
});
