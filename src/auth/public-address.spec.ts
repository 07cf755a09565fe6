import type { FastifyReply } from 'fastify';
import { Settings } from '../config/settings.js';
import { cookieName, setCookie } from './auth-cookies.js';
import { publicAddress } from './public-address.js';

const addressOf = (PUBLIC_URL: string) => publicAddress(Object.assign(new Settings(), { PUBLIC_URL }));

describe('the public address', () => {
  it.each(['https://bx.example', 'https://bx.example:8443', 'https://localhost:3000'])(
    'makes cookies of %s Secure and __Host-',
    (url) => {
      const address = addressOf(url);
      const set: [string, string][] = [];
      const reply = { header: (...header: (typeof set)[number]) => set.push(header) } as unknown as FastifyReply; // only this is used
      setCookie(reply, 'session', 'value', address);
      expect(set).toEqual([
        ['set-cookie', '__Host-blindspotx-session=value; Max-Age=43200; Path=/; HttpOnly; Secure; SameSite=Strict'],
      ]);
    },
  );

  it.each(['http://localhost:3000', 'http://127.0.0.1:3000', 'http://[::1]:3000'])(
    'lets %s go without, because it is loopback',
    (url) => {
      expect(cookieName('sign-in', addressOf(url))).toBe('blindspotx-sign-in');
    },
  );

  it.each(['http://bx.example', 'http://localhost.attacker.example', 'http://10.0.0.1:3000'])(
    'refuses %s: sessions would travel in the clear',
    (url) => {
      expect(() => addressOf(url)).toThrow('must be https');
    },
  );

  it('derives the callback whatever the slashes', () => {
    expect(addressOf('https://bx.example//').callbackUrl).toBe('https://bx.example/api/v1/auth/callback');
  });
});
