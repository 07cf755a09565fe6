import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describedSettings } from '../../src/config/setting.decorator.js';
import '../../src/config/settings.js';

const root = join(__dirname, '..', '..');
const read = (path: string) => readFileSync(join(root, path), 'utf8');

describe('the contract', () => {
  it('in docs/contract is what the built application says', () => {
    expect(() => execFileSync(process.execPath, ['scripts/contract.mjs'], { cwd: root, stdio: 'pipe' })).not.toThrow();
  }, 90_000);

  it('names the same settings in .env.example, the schema and the documentation', () => {
    const names = describedSettings().map((setting) => setting.name);
    const inExample = [...read('.env.example').matchAll(/^#?\s?([A-Z][A-Z0-9_]+)=/gm)].map((match) => match[1]);
    const inTable = [...read('docs/contract/configuration.md').matchAll(/^\| `([A-Z0-9_]+)`/gm)].map(
      (match) => match[1],
    );
    expect(inExample.sort()).toEqual([...names].sort());
    expect(inTable.sort()).toEqual([...names].sort());
  });

  it.each([
    ['@nestjs/core', 'src/app/http-app.ts'],
    ['@nestjs/passport', 'src/entra/entra-bearer.strategy.ts'],
    ['passport-azure-ad', 'src/entra/entra-bearer.strategy.ts'],
    ['@nestjs/jwt', 'src/auth/tokens/access-tokens.service.ts'],
    ['@nestjs/schedule', 'src/drift/drift-scan.job.ts'],
    ['typeorm', 'ormconfig.ts'],
    ['pg', 'src/database/embedded-postgres.ts'],
    ['class-validator', 'src/config/settings.ts'],
    ['@willsoto/nestjs-prometheus', 'src/observability/observability.module.ts'],
    ['@azure/msal-node', 'src/entra/msal-entra-login.ts'],
    ['jest', 'jest.config.mjs'],
  ])('uses %s, as the customer asked, in %s', (name, file) => {
    const manifest = JSON.parse(read('package.json')) as Record<string, Record<string, string>>;
    expect({ ...manifest['dependencies'], ...manifest['devDependencies'] }).toHaveProperty([name]);
    if (name !== 'jest') expect(read(file)).toMatch(new RegExp(`(from|import\\(|require\\()\\s*'${name}'`));
    else expect(existsSync(join(root, file))).toBe(true);
  });

  it.each([
    ['User', 'src/users/user.entity.ts'],
    ['Role', 'src/rbac/role.entity.ts'],
    ['Permission', 'src/rbac/permission.entity.ts'],
    ['UserSession', 'src/auth/sessions/user-session.entity.ts'],
    ['RefreshToken', 'src/auth/refresh/refresh-token.entity.ts'],
    ['ConfigSnapshot', 'src/drift/snapshot/config-snapshot.entity.ts'],
    ['DriftReport', 'src/drift/report/drift-report.entity.ts'],
    ['DriftChange', 'src/drift/report/drift-change.entity.ts'],
    ['Tenant', 'src/tenants/tenant.entity.ts'],
  ])('keeps the entity %s in %s', (name, file) => {
    expect(read(file)).toMatch(new RegExp(`export class ${name} \\{`));
    expect(read('ormconfig.ts')).toMatch(new RegExp(`\\b${name}\\b`));
  });

  it.each([
    'package.json',
    'nest-cli.json',
    'tsconfig.json',
    'ormconfig.ts',
    'Dockerfile',
    '.env.example',
    'src',
    'test',
  ])('has %s at the top', (name) => {
    expect(existsSync(join(root, name))).toBe(true);
  });
});
