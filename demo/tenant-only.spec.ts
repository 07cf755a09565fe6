import { existsSync, readFileSync } from 'node:fs';
import { get } from 'node:https';
import { text } from 'node:stream/consumers';
import { DEMO_HELP, demoOptions } from './demo-options.js';
import { auditSettings, runTenantOnly } from './tenant-only.js';

interface Alone {
  settings: Record<string, string>;
  administrator: { objectId: string };
  end(): Promise<void>;
}

async function tenantAlone(args: string[], env: Record<string, string> = {}): Promise<Alone> {
  let end: () => void = () => undefined;
  const ended = new Promise<void>((resolve) => {
    end = resolve;
  });
  let run: Promise<void> | undefined;
  const said = await new Promise<string>((resolve, reject) => {
    const options = demoOptions(['--tenant-only', '--json', '--users', '30', ...args]);
    run = runTenantOnly(options, env, resolve, ended);
    run.catch(reject);
  });
  return {
    ...(JSON.parse(said) as Omit<Alone, 'end'>),
    end: async () => {
      end();
      await run;
    },
  };
}

/** What its sign-in answers to whoever comes from there. */
async function statusOfSignIn({ settings }: Alone, from: string): Promise<number> {
  const discovery = `${settings['ENTRA_AUTHORITY']}/${settings['ENTRA_TENANT_ID']}/v2.0/.well-known/openid-configuration`;
  const ca = readFileSync(settings['NODE_EXTRA_CA_CERTS'] ?? '');
  const document = await new Promise<string>((done, failed) => {
    get(discovery, { ca }, (answer) => text(answer).then(done, failed)).on('error', failed);
  });
  const page = new URL((JSON.parse(document) as { authorization_endpoint: string }).authorization_endpoint);
  const query = {
    client_id: settings['ENTRA_CLIENT_ID'] ?? '',
    response_type: 'code',
    redirect_uri: `${from}/api/v1/auth/callback`,
    scope: 'openid',
    code_challenge: 'c'.repeat(43),
    code_challenge_method: 'S256',
  };
  page.search = String(new URLSearchParams(query));
  return (await fetch(page, { redirect: 'manual' })).status;
}

describe('the demo tenant by itself', () => {
  it('says how a service connects to it, and is there until it is ended', async () => {
    const { settings, administrator, end } = await tenantAlone([], { PUBLIC_URL: 'http://localhost:3999' });
    expect(settings).toMatchObject({
      PUBLIC_URL: 'http://localhost:3999',
      BOOTSTRAP_ADMIN_OBJECT_ID: administrator.objectId,
      GRAPH_BASE_URL: expect.stringMatching(/^https:\/\/(?:localhost|127\.0\.0\.1):\d+/),
    });
    expect(existsSync(settings['NODE_EXTRA_CA_CERTS'] ?? '')).toBe(true);
    await end();
    expect(existsSync(settings['NODE_EXTRA_CA_CERTS'] ?? '')).toBe(false);
  });

  it('signs people in for each service that is named, and for no other', async () => {
    const urls = ['http://localhost:3991', 'https://blindspotx.example.com'];
    const alone = await tenantAlone(urls.flatMap((url) => ['--public-url', url]));
    const asked = [...urls, 'https://elsewhere.example.com'].map((url) => statusOfSignIn(alone, url));
    expect(await Promise.all(asked)).toEqual([200, 200, 400]);
    expect(alone.settings['PUBLIC_URL']).toBe(urls[0]);
    await alone.end();
  });

  it.each([
    [['--tenant-only', '--once'], '--tenant-only'],
    [['--public-url', 'http://localhost:3000'], '--tenant-only'],
    [['--tenant-only', '--public-url', 'http://localhost:3000/path'], 'an origin'],
  ])('refuses %j', (args, complaint) => {
    expect(() => demoOptions(args)).toThrow(complaint);
  });

  it('has each of its options in its help', () => {
    expect(demoOptions(['--help']).help).toBe(true);
    expect([...DEMO_HELP.matchAll(/^ {2}(--[a-z-]+)/gm)].map(([, option]) => option)).toEqual([
      '--once',
      '--json',
      '--seed',
      '--users',
      '--tenant-only',
      '--public-url',
      '--help',
    ]);
  });

  it('leaves the settings of the trail to whoever runs the demo, and no others', () => {
    expect(auditSettings({ AUDIT_STDOUT: 'true', MASTER_KEY: 'x', AUDIT_CHECKPOINT_FILE: '/kept' })).toEqual({
      AUDIT_STDOUT: 'true',
      AUDIT_CHECKPOINT_FILE: '/kept',
    });
  });
});
