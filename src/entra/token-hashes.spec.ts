import { assertHashesFit } from './token-hashes.js';

/** The code and `c_hash` of OpenID Connect Core 1.0, appendix A.4; its `at_hash` is of A.3's access token. */
const CODE = 'Qcb0Orv1zh30vL1MPRsbm-diHiMwcLyZvn1arpZv-Jxf_11jnpEX3Tgfvk';
const C_HASH = 'LDktKdoQak3Pk0cnXxCltA';
const ACCESS_TOKEN = 'jHkWEdUXMU1BwAsC4vtUsZwnNvTIxEl0z9K3vx5KF0Y';
const AT_HASH = '77QmUPtjPfzWtF2AnpK9RQ';
const both = { accessToken: ACCESS_TOKEN, code: CODE };

describe('assertHashesFit', () => {
  it('accepts the examples of the standard, and an id token without hashes', () => {
    expect(() => assertHashesFit({ at_hash: AT_HASH, c_hash: C_HASH }, both)).not.toThrow();
    expect(() => assertHashesFit({ sub: 'x' }, both)).not.toThrow();
  });

  it.each([
    ['the access token of another answer', { at_hash: AT_HASH }, { ...both, accessToken: `${ACCESS_TOKEN}x` }],
    ['a code of another answer', { c_hash: C_HASH }, { ...both, code: `${CODE}x` }],
    ['hashes that are swapped', { at_hash: C_HASH, c_hash: AT_HASH }, both],
    ['a hash of a token that did not come', { at_hash: '47DEQpj8HBSa-_TImW-5JA' }, { ...both, accessToken: '' }],
    ['a hash that is a list', { at_hash: [AT_HASH] }, both],
    ['a hash that is null', { c_hash: null }, both],
    ['an empty hash', { at_hash: '' }, both],
  ])('refuses %s', (_what, claims, companions) => {
    expect(() => assertHashesFit(claims, companions)).toThrow(expect.objectContaining({ code: 'entra.token_invalid' }));
  });
});
