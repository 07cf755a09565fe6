import { ConfigurationError } from '../../config/load-settings.js';
import { loadSdk } from './load-sdk.js';

describe('the SDK of a cloud', () => {
  it('is named together with the setting that wants it, and with what installs it, when it is not there', async () => {
    const absent = '@blindspotx/not-installed';
    const fault = loadSdk('AWS_KMS_KEY_ID (KEY_VAULT=aws)', [absent], () => import(absent));
    await expect(fault).rejects.toBeInstanceOf(ConfigurationError);
    await expect(fault).rejects.toMatchObject({
      faults: [
        expect.stringMatching(
          /^AWS_KMS_KEY_ID \(KEY_VAULT=aws\): .*@blindspotx\/not-installed.*npm ci --include=optional/,
        ),
      ],
    });
  });

  it('keeps every other fault as it is', async () => {
    const broken = new SyntaxError('a broken package');
    await expect(loadSdk('AWS_KMS_KEY_ID', ['x'], () => Promise.reject(broken))).rejects.toBe(broken);
  });
});
