import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describedSettings } from '../../src/config/setting.decorator.js';
import '../../src/config/settings.js';

const contract = (file: string) => readFileSync(join(__dirname, '..', '..', 'docs', 'contract', file), 'utf8');

/** Names of members and parameters, wherever they stand in an OpenAPI description. */
function namesIn(value: unknown): string[] {
  if (value === null || typeof value !== 'object') return [];
  const { properties, name, in: place } = value as Record<string, unknown>;
  const own = properties !== null && typeof properties === 'object' ? Object.keys(properties) : [];
  const parameter = typeof name === 'string' && typeof place === 'string' ? [name] : [];
  return [...own, ...parameter, ...Object.values(value).flatMap(namesIn)];
}

const PERSONAL_SECRET = /passw|passphrase|passcode|(^|_)pin($|_)|otp$|one_?time|recovery|secret_?(question|answer)/i;
const THIRD_PARTY = /authori[sz]e\b|\bpar\b|device|regist(er|ration)|consent/i;

/** docs/contract is compared with the built application by test/contract, so what isn't in it isn't there. */
describe('this service', () => {
  it('takes and keeps no password, answer to a question or one-time code', () => {
    // By `changePassword` a SCIM service provider says that it doesn't (RFC 7643 5).
    const members = namesIn(JSON.parse(contract('openapi.json'))).filter((name) => name !== 'changePassword');
    const columns = [...contract('schema.sql').matchAll(/^ {2}(\w+) /gm)].map(([, name = '']) => name);
    const settings = describedSettings().map(({ name }) => name);
    expect(members).toEqual(expect.arrayContaining(['refreshToken', 'loginHint']));
    expect(columns).toEqual(expect.arrayContaining(['object_id', 'token_hash']));
    expect(settings).toContain('ENTRA_CLIENT_SECRET');
    expect([...members, ...columns, ...settings].filter((name) => PERSONAL_SECRET.test(name))).toEqual([]);
    expect(['newPassword', 'user_pin', 'totp', 'secretAnswer'].filter((name) => !PERSONAL_SECRET.test(name))).toEqual(
      [],
    );
  });

  it('has no endpoint for authorization requests, device codes, registration or consent', () => {
    const endpoints = JSON.parse(contract('endpoints.json')) as { path: string }[];
    const paths = endpoints.map(({ path }) => path);
    expect(paths).toContain('/auth/login');
    expect(paths.filter((path) => THIRD_PARTY.test(path))).toEqual([]);
  });
});
