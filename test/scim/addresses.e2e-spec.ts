import { Browser } from '../auth/auth-stage.js';
import { ScimStage } from './scim-stage.js';

const ERROR = 'urn:ietf:params:scim:api:messages:2.0:Error';

describe('addresses of SCIM', () => {
  let scim: ScimStage;
  beforeAll(async () => {
    scim = await ScimStage.start();
  });
  afterAll(() => scim.close());

  it.each([
    '/ServiceProviderConfig',
    '/ResourceTypes',
    '/ResourceTypes/User',
    '/Schemas',
    '/Schemas/urn:ietf:params:scim:schemas:core:2.0:User',
  ])('say what is supported, and take no filter: %s', async (path) => {
    for (const query of ['?filter=id%20eq%20%22x%22', '?filter=']) {
      const { status, body } = await scim.call('GET', path + query);
      expect([status, body['status'], body['schemas']]).toEqual([403, '403', [ERROR]]);
    }
    expect((await scim.call('GET', `${path}?startIndex=1`)).status).toBe(200);
  });

  it.each([
    ['GET', '/Me'],
    ['PATCH', '/Me'],
    ['GET', ''],
    ['GET', '/Nothing'],
    ['POST', '/Users/a/b'],
    ['DELETE', '/Schemas'],
  ])('that are none are answered as SCIM errors: %s %s', async (method, path) => {
    const answer = await new Browser(scim.stage.service.url).request(`/scim/v2${path}`, {
      method,
      headers: { authorization: `Bearer ${scim.token}` },
    });
    expect(answer.status).toBe(404);
    expect(answer.headers.get('content-type')).toBe('application/scim+json; charset=utf-8');
    expect(answer.body).toMatchObject({ schemas: [ERROR], status: '404' });
    expect(answer.body['detail']).toContain(answer.headers.get('x-request-id'));
  });

  it('elsewhere that are none are answered as everywhere', async () => {
    const answer = await new Browser(scim.stage.service.url).request('/scim/v1/Users');
    expect([answer.status, answer.body['code']]).toEqual([404, 'request.not_found']);
  });
});
