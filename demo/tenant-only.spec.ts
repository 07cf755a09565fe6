import { existsSync } from 'node:fs';
import { demoOptions } from './demo-options.js';
import { auditSettings, runTenantOnly } from './tenant-only.js';

describe('the demo tenant by itself', () => {
  it('says how a service connects to it, and is there until it is ended', async () => {
    const options = demoOptions(['--tenant-only', '--json', '--users', '30']);
    expect(options).toMatchObject({ tenantOnly: true, json: true });
    let end: () => void = () => undefined;
    const ended = new Promise<void>((resolve) => {
      end = resolve;
    });
    let said: (text: string) => void = () => undefined;
    const saying = new Promise<string>((resolve) => {
      said = resolve;
    });
    const run = runTenantOnly(options, { PUBLIC_URL: 'http://localhost:3999' }, (text) => said(text), ended);
    const { settings, administrator } = JSON.parse(await saying) as {
      settings: Record<string, string>;
      administrator: { objectId: string };
    };
    expect(settings).toMatchObject({
      PUBLIC_URL: 'http://localhost:3999',
      BOOTSTRAP_ADMIN_OBJECT_ID: administrator.objectId,
      GRAPH_BASE_URL: expect.stringMatching(/^https:\/\/(?:localhost|127\.0\.0\.1):\d+/),
    });
    expect(existsSync(settings['NODE_EXTRA_CA_CERTS'] ?? '')).toBe(true);
    end();
    await run;
    expect(existsSync(settings['NODE_EXTRA_CA_CERTS'] ?? '')).toBe(false);
  });

  it('takes no story beside it', () => {
    expect(() => demoOptions(['--tenant-only', '--once'])).toThrow('--tenant-only');
  });

  it('leaves the settings of the trail to whoever runs the demo, and no others', () => {
    expect(auditSettings({ AUDIT_STDOUT: 'true', MASTER_KEY: 'x', AUDIT_CHECKPOINT_FILE: '/kept' })).toEqual({
      AUDIT_STDOUT: 'true',
      AUDIT_CHECKPOINT_FILE: '/kept',
    });
  });
});
