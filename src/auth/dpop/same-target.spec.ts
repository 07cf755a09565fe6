import { isSameTarget } from './same-target.js';

const URL = 'https://bx.example/api/v1/auth/token';

describe('the address in a proof', () => {
  it.each([
    ['itself', URL],
    ['with a query, which is left aside', `${URL}?a=b`],
    ['with a fragment, which is left aside', `${URL}#a`],
    ['scheme and host in capitals', 'HTTPS://BX.Example/api/v1/auth/token'],
    ['the default port', 'https://bx.example:443/api/v1/auth/token'],
    ['dot segments', 'https://bx.example/api/x/../v1/./auth/token'],
    ['an unreserved character encoded', 'https://bx.example/api/v1/auth/%74oken'],
  ])('is that of the request: %s', (_case, htu) => {
    expect(isSameTarget(htu, URL)).toBe(true);
    expect(isSameTarget(htu, `${URL}?query=of-the-request`)).toBe(true);
  });

  it.each([
    ['another path', 'https://bx.example/api/v1/auth/revoke'],
    ['a path that only begins so', `${URL}s`],
    ['a path that ends earlier', 'https://bx.example/api/v1/auth'],
    ['a trailing slash', `${URL}/`],
    ['two slashes', 'https://bx.example/api/v1//auth/token'],
    ['a path in capitals', 'https://bx.example/API/v1/auth/token'],
    ['another host', 'https://bx.example.attacker.example/api/v1/auth/token'],
    ['a host with a dot at its end', 'https://bx.example./api/v1/auth/token'],
    ['another port', 'https://bx.example:8443/api/v1/auth/token'],
    ['plain http', 'http://bx.example/api/v1/auth/token'],
    ['the port of plain http', 'https://bx.example:80/api/v1/auth/token'],
    ['another scheme', 'ftp://bx.example/api/v1/auth/token'],
    ['a path alone', '/api/v1/auth/token'],
    ['no scheme', '//bx.example/api/v1/auth/token'],
    ['one slash', 'https:/bx.example/api/v1/auth/token'],
    ['a user', 'https://user@bx.example/api/v1/auth/token'],
    ['ours as the user of another host', 'https://bx.example:443@attacker.example/api/v1/auth/token'],
    ['an encoded slash', 'https://bx.example/api/v1/auth%2Ftoken'],
    ['backslashes', 'https://bx.example\\api\\v1\\auth\\token'],
    ['a space before it', ` ${URL}`],
    ['a line break in it', 'https://bx.example/api/v1/auth/to\nken'],
    ['a NUL in it', `${URL}\0`],
    ['nothing', ''],
    ['text', 'token'],
    ['100 kB', `${URL}?${'a'.repeat(100_000)}`],
  ])('is not that of the request: %s', (_case, htu) => {
    expect(isSameTarget(htu, URL)).toBe(false);
  });

  it('names nothing where the address of the request can not be read', () => {
    expect(isSameTarget('x', 'x')).toBe(false);
  });
});
