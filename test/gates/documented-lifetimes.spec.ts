import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { LIFETIME } from '../../src/auth/lifetimes.js';

const page = readFileSync(join(__dirname, '..', '..', 'docs', 'security', 'authentication.md'), 'utf8');
const howLong = (what: string) => new RegExp(`^\\| ${what} \\| ([^|]+) \\|`, 'm').exec(page)?.[1] ?? `no row ${what}`;

describe('docs/security/authentication.md', () => {
  it('says how long a session and an access token live as the code has it', () => {
    expect(howLong('session')).toContain(`${LIFETIME.sessionSeconds / 3600} hours at most`);
    expect(howLong('session')).toContain(`${LIFETIME.idleSeconds / 3600} hours without a refresh`);
    expect(howLong('refresh token')).toContain(`${LIFETIME.idleSeconds / 3600} hours at most`);
    expect(howLong('the same successor again for a used refresh token')).toBe(
      `${LIFETIME.refreshGraceSeconds} seconds`,
    );
    expect(howLong('access token')).toContain(`${LIFETIME.accessTokenSeconds / 60} minutes`);
    expect(howLong('sign-in attempt')).toBe(`${LIFETIME.signInSeconds / 60} minutes`);
  });
});
