import { type ClientRequest, presentedClient } from './presented-client.js';

const TYPE = 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer';
const NOTHING: ClientRequest = {
  authorization: undefined,
  clientId: undefined,
  clientSecret: undefined,
  clientAssertionType: undefined,
  clientAssertion: undefined,
};
const basic = (credentials: string) => `Basic ${Buffer.from(credentials).toString('base64')}`;
const present = (request: Partial<ClientRequest>) => presentedClient({ ...NOTHING, ...request });

describe('the client of a request', () => {
  it.each<[string, Partial<ClientRequest>, unknown]>([
    ['its name alone', { clientId: 'id' }, { by: 'name', clientId: 'id' }],
    ['a secret in the header', { authorization: basic('id:s') }, { by: 'secret', clientId: 'id', secret: 's' }],
    [
      'the header, and the same name in the form',
      { authorization: basic('id:s'), clientId: 'id' },
      { by: 'secret', clientId: 'id', secret: 's' },
    ],
    ['a secret in the form', { clientId: 'id', clientSecret: 's' }, { by: 'secret', clientId: 'id', secret: 's' }],
    [
      'an assertion',
      { clientAssertionType: TYPE, clientAssertion: 'a' },
      { by: 'assertion', clientId: undefined, assertion: 'a' },
    ],
    [
      'an assertion and a name',
      { clientAssertionType: TYPE, clientAssertion: 'a', clientId: 'id' },
      { by: 'assertion', clientId: 'id', assertion: 'a' },
    ],
    [
      'parameters without a value, which were not sent',
      { clientId: 'id', clientSecret: '', clientAssertion: '', clientAssertionType: '' },
      { by: 'name', clientId: 'id' },
    ],
  ])('is found by %s', (_case, request, expected) => {
    expect(present(request)).toEqual(expected);
  });

  it.each<[string, Partial<ClientRequest>, string]>([
    ['header and form', { authorization: basic('id:s'), clientSecret: 's' }, 'oauth.invalid_request'],
    [
      'header and form, equal',
      { authorization: basic('id:s'), clientId: 'id', clientSecret: 's' },
      'oauth.invalid_request',
    ],
    [
      'header and assertion',
      { authorization: basic('id:s'), clientAssertion: 'a', clientAssertionType: TYPE },
      'oauth.invalid_request',
    ],
    [
      'secret and assertion',
      { clientId: 'id', clientSecret: 's', clientAssertion: 'a', clientAssertionType: TYPE },
      'oauth.invalid_request',
    ],
    ['all three', { authorization: basic('id:s'), clientSecret: 's', clientAssertion: 'a' }, 'oauth.invalid_request'],
    [
      'an unreadable header and a right secret',
      { authorization: 'Bearer x', clientId: 'id', clientSecret: 's' },
      'oauth.invalid_request',
    ],
    [
      'a header of one client and the name of another',
      { authorization: basic('id:s'), clientId: 'other' },
      'oauth.invalid_request',
    ],
    ['an assertion without its type', { clientAssertion: 'a' }, 'oauth.invalid_request'],
    ['a type without its assertion', { clientAssertionType: TYPE }, 'oauth.invalid_request'],
    [
      'an assertion of another type',
      { clientAssertion: 'a', clientAssertionType: 'urn:ietf:params:oauth:client-assertion-type:saml2-bearer' },
      'oauth.invalid_client',
    ],
    ['nothing at all', {}, 'oauth.invalid_client'],
    ['a secret of nobody', { clientSecret: 's' }, 'oauth.invalid_client'],
    ['a bearer token', { authorization: 'Bearer x', clientId: 'id' }, 'oauth.invalid_client'],
    ['a header that is broken', { authorization: 'Basic %%%' }, 'oauth.invalid_client'],
  ])('is refused for %s', (_case, request, code) => {
    expect(() => present(request)).toThrow(expect.objectContaining({ code }));
  });

  it('is told why in the characters of RFC 6749 5.2', () => {
    for (const request of [
      {},
      { authorization: 'x' },
      { clientAssertion: 'a' },
      { clientAssertion: 'a', clientAssertionType: 'b' },
    ]) {
      expect(() => present(request)).toThrow(
        expect.objectContaining({ detail: expect.stringMatching(/^[\x20\x21\x23-\x5b\x5d-\x7e]+$/) }),
      );
    }
  });
});
