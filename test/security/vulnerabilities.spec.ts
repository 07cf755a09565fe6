import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

const SUITE = 'test/security/';
const root = join(__dirname, '..', '..');

/**
 * The vulnerabilities of this class of service that concern authentication, by family, and the file with a test that bears the
 * id in its title. Other families (decisions, cursors, partial writes) have their tests where those things are made.
 */
const FAMILIES: Record<string, Record<string, string[]>> = {
  'refresh double-spend and lock-out': {
    'refresh.e2e-spec.ts': [
      'CVE-2026-1035',
      'CVE-2026-9802',
      'Keycloak #51312',
      'GHSA-392p-2q2v-4372',
      'Better Auth #11317',
      'CVE-2026-55672',
      'nocturne #326',
      'get-engram #389',
    ],
  },
  'delegated-admin escalation': {
    'escalation.e2e-spec.ts': [
      'CVE-2026-3121',
      'CVE-2026-4629',
      'CVE-2026-9099',
      'CVE-2026-9795',
      'CVE-2026-16105',
      'CVE-2026-17526',
      'CVE-2026-94000',
      'CVE-2026-94001',
      'Keycloak #45875',
      'CVE-2025-5999',
    ],
  },
  'disabled thing still works': {
    'sessions.e2e-spec.ts': ['CVE-2024-47000', 'CVE-2024-46999', 'CVE-2024-47060', 'CVE-2026-1609'],
    'programs.e2e-spec.ts': [
      'CVE-2025-64717',
      'CVE-2025-64521',
      'CVE-2025-53942',
      'CVE-2026-1609',
      'CVE-2026-1486',
      'CVE-2026-93999',
    ],
  },
  'JWT algorithm, type and audience': {
    'programs.e2e-spec.ts': [
      'CVE-2026-34950',
      'CVE-2023-48223',
      'CVE-2026-11800',
      'CVE-2026-16093',
      'CVE-2026-55669',
      'GHSA-wxg7-w2v3-w38g',
      'CVE-2026-55689',
    ],
    'tokens.e2e-spec.ts': ['CVE-2026-1529', 'CVE-2024-5798', 'CVE-2026-55689', 'CVE-2026-11800', 'CVE-2026-16093'],
  },
  'Entra specifics': {
    'login-csrf.e2e-spec.ts': ['nOAuth', 'CVE-2025-55241', 'passport-azure-ad validateIssuer'],
    'tokens.e2e-spec.ts': ['CVE-2025-55241', 'AadIssuerValidator'],
  },
  'token oddities': {
    'programs.e2e-spec.ts': ['CVE-2026-27840', 'CVE-2020-15222', 'GHSA-xmf8'],
    'sign-in-relying-party.e2e-spec.ts': ['CVE-2020-15222'],
    '../auth/oauth.e2e-spec.ts': ['CVE-2020-15223'],
  },
  'redirects and headers': {
    'redirects.e2e-spec.ts': [
      'CVE-2026-7504',
      'CVE-2026-3872',
      'CVE-2026-9086',
      'CVE-2024-8883',
      'CVE-2025-64101',
      'GHSA-93m4',
      'CVE-2026-33495',
    ],
  },
  'login CSRF, fixation and PKCE': {
    'login-csrf.e2e-spec.ts': ['CVE-2022-25896', 'CVE-2024-28197', 'CVE-2024-23647', 'GHSA-x445'],
  },
  'log injection, secrets in logs': {
    'logs.e2e-spec.ts': [
      'Janssen #12759',
      'jentic #376',
      'jellyfin-sso #1560',
      'CVE-2024-8365',
      'CVE-2026-40091',
      'CVE-2023-29193',
      'CVE-2026-40293',
    ],
  },
  'enumeration and brute force': {
    'rate-limits.e2e-spec.ts': ['CVE-2025-6004', 'CVE-2026-23511', 'CVE-2025-64102'],
    'same-work.e2e-spec.ts': ['CVE-2025-6011', 'CVE-2026-23511', 'CVE-2025-64102'],
  },
  'fail open': { 'login-csrf.e2e-spec.ts': ['GHSA-8fpg'] },
  'SSRF, as far as sign-in, keys and assertions go': {
    'outbound.e2e-spec.ts': [
      'OneUptime #2578',
      '#3183',
      'documenso #2901',
      'CVE-2026-4366',
      'CVE-2026-55671',
      'CVE-2026-27945',
      'private-ip #32',
    ],
  },
  'denial of service, as far as sign-in, keys and assertions go': {
    'outbound.e2e-spec.ts': ['CVE-2024-45296', 'GHSA-j3q9', 'GHSA-27v5', 'CVE-2025-6203'],
  },
  'paths round a guard': {
    'outbound.e2e-spec.ts': ['CVE-2025-69211', 'CVE-2026-2293', 'GHSA-hx87', 'CVE-2026-33494'],
  },
};

/** Modules of the OpenID conformance suite for relying parties that are about refusing something, or about keys and discovery. */
const MODULES = [
  ...['invalid-iss', 'missing-sub', 'invalid-aud', 'missing-aud', 'missing-iat', 'nonce-invalid', 'idtoken-sig-none'],
  ...['invalid-sig-rs256', 'invalid-sig-es256', 'invalid-sig-hs256', 'invalid-athash', 'invalid-chash'],
  ...['missing-athash', 'kid-absent-single-jwks', 'kid-absent-multiple-jwks', 'idtoken-sig-rs256'],
  ...['userinfo-invalid-sub', 'client-secret-basic', 'refresh-token'],
  ...['discovery-openid-config', 'discovery-jwks-uri-keys', 'discovery-issuer-mismatch'],
  ...['signing-key-rotation', 'signing-key-rotation-just-before-signing', 'rp-backchannel-rpinitlogout'],
].map((name) => `oidcc-client-test-${name}`);
/** Rows of the table under one title that ends in the module's name. */
const LOGOUT_MODULES = ['alg-none', 'no-event', 'with-nonce', 'wrong-alg', 'wrong-aud', 'wrong-event', 'wrong-iss'];

const SKIPPED = /\b(?:it|test|describe)\.(?:skip|todo|failing|only)\b|\b(?:xit|xtest|xdescribe|fit|fdescribe)\s*[(.]/;

/** Titles of groups and tests, and the first texts of the rows of their tables. Comments don't count. */
function titlesIn(source: string): string[] {
  const code = source.replace(/^\s*\/\/.*$/gm, '').replace(/^\s*\/\*[\s\S]*?\*\//gm, '');
  const titles = code.matchAll(/(?:\b(?:it|test|describe)|\))\(\s*(['"`])((?:(?!\1).)*)\1,/g);
  const rows = code.matchAll(/^\s*\[\s*(['"`])((?:(?!\1).)*)\1,/gm);
  return [...titles, ...rows].map(([, , title = '']) => title);
}

function contains(title: string, id: string): boolean {
  const literal = id.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
  return new RegExp(`${literal}(?![\\w])`).test(title);
}

const read = (file: string) => readFileSync(join(root, SUITE, file), 'utf8');

describe('the attacker’s suite', () => {
  it.each(Object.keys(FAMILIES))('has a test by name for every id of the family: %s', (family) => {
    const missing = Object.entries(FAMILIES[family] ?? {}).flatMap(([file, ids]) => {
      const titles = titlesIn(read(file));
      return ids.filter((id) => !titles.some((title) => contains(title, id))).map((id) => `${file}: ${id}`);
    });
    expect(missing).toEqual([]);
  });

  it('has a test by name for every module of the relying-party tests', () => {
    const titles = titlesIn(read('sign-in-relying-party.e2e-spec.ts'));
    expect(MODULES.filter((module) => !titles.some((title) => contains(title, module)))).toEqual([]);
    expect(LOGOUT_MODULES.filter((module) => !titles.includes(module))).toEqual([]);
    expect(titles).toContain('oidcc-client-test-rp-backchannel-rpinitlogout-%s is refused, and a proper one is not');
  });

  it('skips nothing', () => {
    const files = readdirSync(join(root, SUITE)).filter((file) => file.endsWith('-spec.ts'));
    expect(files.length).toBeGreaterThan(10);
    expect(files.filter((file) => SKIPPED.test(read(file)))).toEqual([]);
  });

  it('counts a title and nothing else', () => {
    const source = [
      "describe('group CVE-1', () => {});",
      "it('test CVE-2: x', () => {});",
      "it.each([\n  ['row CVE-3', 1],\n])('each %s CVE-4', () => {});",
      "// it('comment CVE-5', () => {});",
      "expect('text CVE-6').toBe(1);",
    ].join('\n');
    const found = (id: string) => titlesIn(source).some((title) => contains(title, id));
    expect(['CVE-1', 'CVE-2', 'CVE-3', 'CVE-4', 'CVE-5', 'CVE-6', 'CVE'].map(found)).toEqual([
      true,
      true,
      true,
      true,
      false,
      false,
      true,
    ]);
    expect(contains('CVE-2026-1609', 'CVE-2026-160')).toBe(false);
  });
});
