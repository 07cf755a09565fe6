import type { JsonObject } from '../crypto/canonical-json.js';
import { type Fingerprint, maskedLine, maskedText } from './mask-secrets.js';

const fingerprint: Fingerprint = (secret) => `f(${secret})`;
const masked = (state: JsonObject) => JSON.parse(maskedText(state, fingerprint)) as JsonObject;

describe('maskedText', () => {
  it('masks by name at any depth, and leaves what is only about a secret', () => {
    expect(
      masked({
        clientSecret: 's',
        nested: [{ refresh_token: 't', password: null }],
        tokenId: 'id',
        secretCreatedAt: '2026-01-01',
        hasSecret: true,
        displayName: 'n',
      }),
    ).toEqual({
      clientSecret: '[masked:f(s)]',
      nested: [{ refresh_token: '[masked:f(t)]', password: null }],
      tokenId: 'id',
      secretCreatedAt: '2026-01-01',
      hasSecret: true,
      displayName: 'n',
    });
  });

  it('masks by form whatever the name', () => {
    const jwt = 'eyJhbGciOiJFUzI1NiJ9.eyJzdWIiOiJ4In0.c2ln';
    const secret = `bxs_-${'Ab-_'.repeat(10)}-x`;
    expect(masked({ name: secret })).toEqual({ name: `[masked:f(${secret})]` });
    const url = 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw';
    expect(masked({ note: `use ${jwt} now`, url })).toEqual({
      note: `use [masked:f(${jwt})] now`,
      url: `[masked:f(${url})]`,
    });
  });

  it('masks what an escape, other letters or another secret stand before', () => {
    for (const before of ['\n', '"', '\\', '\u0001', 'é', ' ', '-', '/']) {
      expect(masked({ note: `${before}whsec_abc` })).toEqual({ note: `${before}[masked:f(whsec_abc)]` });
      expect(masked({ [`${before}PASSWORD`]: 'x' })).toEqual({ [`${before}PASSWORD`]: '[masked:f(x)]' });
    }
    expect(masked({ list: [{ note: 'whsk_1' }, 'bxscim_2'] })).toEqual({
      list: [{ note: '[masked:f(whsk_1)]' }, '[masked:f(bxscim_2)]'],
    });
  });

  it('writes text that every reader of RFC 8785 can write again', () => {
    expect(masked({ 'na\ud800me': 'va\udfffue' })).toEqual({ 'na\uFFFDme': 'va\uFFFDue' });
  });

  it('replaces a state that is too large by its size and digest', () => {
    const large = masked({ text: 'x'.repeat(70_000) });
    expect(large).toMatchObject({ bytes: 70_011 });
    expect(large['sha256']).toMatch(/^[\da-f]{64}$/);
  });
});

it('masks secrets in a text that people wrote, the same ones alike, and leaves the rest', () => {
  expect(maskedLine('gave bxs_abc and bxs_abc away, not bxs', fingerprint)).toBe(
    'gave [masked:f(bxs_abc)] and [masked:f(bxs_abc)] away, not bxs',
  );
});
