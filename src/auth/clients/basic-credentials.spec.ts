import { basicCredentials } from './basic-credentials.js';

const basic = (credentials: string | Buffer) => `Basic ${Buffer.from(credentials).toString('base64')}`;

describe('the credentials of an Authorization header', () => {
  it.each([
    ['plain', 'id:secret', 'id', 'secret'],
    ['a colon in the secret', 'id:se:cr:et', 'id', 'se:cr:et'],
    ['a colon in the id, encoded', 'my%3Aid:secret', 'my:id', 'secret'],
    ['a plus, which is a space in a form', 'a+b:c+d', 'a b', 'c d'],
    ['a plus, encoded', 'id:c%2Bd', 'id', 'c+d'],
    ['a percent sign, encoded once and not decoded twice', 'id:%2541', 'id', '%41'],
    ['other than ASCII, encoded', 'id:%E2%82%AC', 'id', '\u20ac'],
    ['other than ASCII, as UTF-8', 'id:\u20ac', 'id', '\u20ac'],
    ['an empty secret', 'id:', 'id', ''],
    ['an empty id', ':secret', '', 'secret'],
  ])('are read: %s', (_case, credentials, clientId, clientSecret) => {
    expect(basicCredentials(basic(credentials))).toEqual({ clientId, clientSecret });
  });

  it('are read whatever the case of the scheme and with or without padding (RFC 7235 2.1)', () => {
    for (const header of ['basic aWQ6cw==', 'BASIC aWQ6cw', 'Basic   aWQ6cw==']) {
      expect(basicCredentials(header)).toEqual({ clientId: 'id', clientSecret: 's' });
    }
  });

  it.each([
    ['nothing', ''],
    ['the scheme alone', 'Basic'],
    ['the scheme and a space', 'Basic '],
    ['Bearer', 'Bearer aWQ6cw=='],
    ['a scheme that begins so', 'Basics aWQ6cw=='],
    ['no colon', basic('id')],
    ['no base64', 'Basic id:secret'],
    ['base64url', `Basic ${Buffer.from('id:>>>???').toString('base64url')}`],
    ['bits that base64 cannot carry', 'Basic aWQ6cx=='],
    ['two of them', `${basic('id:a')}, ${basic('id:b')}`],
    ['something after it', `${basic('id:abc')} x`],
    ['bytes that are not UTF-8', basic(Buffer.from([0x69, 0x3a, 0xff]))],
    ['bytes that are not UTF-8, encoded', basic('id:%FF')],
    ['a lone surrogate, encoded', basic('id:%ED%A0%80')],
    ['a percent sign that encodes nothing', basic('id:100%')],
    ['a percent sign before no digits', basic('id:%zz')],
    ['100 kB', basic(`id:${'a'.repeat(100_000)}`)],
  ])('are not read out of %s', (_case, header) => {
    expect(basicCredentials(header)).toBeNull();
  });
});
