import { MASK, maskSecrets } from './mask-secrets.js';

describe('maskSecrets', () => {
  it('masks by name at any depth, and leaves what is only about a secret', () => {
    expect(
      maskSecrets({
        clientSecret: 's',
        nested: [{ refresh_token: 't', password: null }],
        tokenId: 'id',
        secretCreatedAt: '2026-01-01',
        hasSecret: true,
        displayName: 'n',
      }),
    ).toEqual({
      clientSecret: MASK,
      nested: [{ refresh_token: MASK, password: null }],
      tokenId: 'id',
      secretCreatedAt: '2026-01-01',
      hasSecret: true,
      displayName: 'n',
    });
  });

  it('masks by form whatever the name', () => {
    const jwt = 'eyJhbGciOiJFUzI1NiJ9.eyJzdWIiOiJ4In0.c2ln';
    expect(maskSecrets({ name: `bxs_-${'Ab-_'.repeat(10)}-x` })).toEqual({ name: MASK });
    expect(maskSecrets({ note: `use ${jwt} now`, url: 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw' })).toEqual({
      note: `use ${MASK} now`,
      url: MASK,
    });
  });

  it('replaces a state that is too large by its size and digest', () => {
    const large = maskSecrets({ text: 'x'.repeat(70_000) });
    expect(large).toMatchObject({ bytes: 70_011 });
    expect(large['sha256']).toMatch(/^[\da-f]{64}$/);
  });
});
