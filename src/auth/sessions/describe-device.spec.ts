import { describeDevice } from './describe-device.js';

const WEBKIT = 'AppleWebKit/537.36 (KHTML, like Gecko) Chrome/131.0.0.0 Safari/537.36';

describe('describeDevice', () => {
  it.each([
    ['Microsoft Edge on Windows', `Mozilla/5.0 (Windows NT 10.0; Win64; x64) ${WEBKIT} Edg/131.0.0.0`],
    ['Chrome on macOS', `Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) ${WEBKIT}`],
    ['Firefox on Linux', 'Mozilla/5.0 (X11; Linux x86_64; rv:133.0) Gecko/20100101 Firefox/133.0'],
    [
      'Safari on iOS',
      'Mozilla/5.0 (iPhone; CPU iPhone OS 18_1 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.1 Mobile/15E148 Safari/604.1',
    ],
    [null, 'curl/8.5.0'],
    [null, ''],
    [null, ' '],
    [null, null],
  ])('says %s', (device, userAgent) => {
    expect(describeDevice(userAgent)).toBe(device);
  });

  it.each(['<script>alert(1)</script>/1.0', `${'a'.repeat(500)}/1.0`, '(((((', '\u202Eevil/1', 'constructor/1'])(
    'shows nothing of %s that could be more than a name',
    (userAgent) => {
      expect(describeDevice(userAgent) ?? '').toMatch(/^[\w .+-]{0,124}$/);
    },
  );
});
