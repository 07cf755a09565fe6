import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Settings } from '../config/settings.js';
import { loadMasterKey } from './master-key.js';

describe('the master key of a development installation', () => {
  const dir = mkdtempSync(join(tmpdir(), 'blindspotx-key-'));
  afterAll(() => rmSync(dir, { recursive: true, force: true }));
  const settings = Object.assign(new Settings(), { DATA_DIR: join(dir, 'data') });

  it('is generated once, readable by its owner only', () => {
    const first = loadMasterKey(settings).id;
    expect(loadMasterKey(settings).id).toBe(first);
    expect(statSync(join(dir, 'data', 'master-key')).mode & 0o777).toBe(0o600);
  });

  it('is never generated in production', () => {
    expect(() => loadMasterKey(Object.assign(new Settings(), { NODE_ENV: 'production' }))).toThrow(
      'MASTER_KEY is not set',
    );
  });
});
