import { randomBytes } from 'node:crypto';
import { handleControl } from './controls/control-routes.js';
import type { DemoTenant, DemoTenantOptions } from './demo-tenant.types.js';
import { handleAuthorize } from './entra/authorize-page.js';
import { handleLogout } from './entra/logout-page.js';
import { type EntraAddresses, instanceDiscovery, issuerOf, openIdConfiguration } from './entra/openid-documents.js';
import { SignInStore } from './entra/sign-in-store.js';
import { SigningKeys } from './entra/signing-keys.js';
import { handleTokenRequest } from './entra/token-endpoint.js';
import { TokenIssuer } from './entra/token-issuer.js';
import { answerUnderFaults } from './faults/apply-faults.js';
import { FaultRegistry } from './faults/fault-registry.js';
import { generateTenant } from './generate/generate-tenant.js';
import { Prng } from './generate/prng.js';
import { DEFAULT_SIZE } from './generate/tenant-plan.js';
import { GRAPH_PATH, GraphApi } from './graph/graph-api.js';
import { Throttle, unitsFor } from './graph/throttle.js';
import { listen } from './http/demo-server.js';
import { type DemoReply, type DemoRequest, jsonReply } from './http/exchange.js';
import { digestOf } from './mutations/application-mutations.js';
import { mergePatch } from './mutations/merge-patch.js';
import { isJsonObject, textOf, textsOf } from './store/json.types.js';
import type { TenantState } from './store/tenant-state.js';
import { makeTenantCa } from './tenant-ca.js';

export type { DemoTenant, DemoTenantOptions } from './demo-tenant.types.js';

/** Starts a demo tenant on two loopback ports: https for programs, http for browsers. */
export async function startDemoTenant(options: DemoTenantOptions = {}): Promise<DemoTenant> {
  const seed = options.seed ?? 1;
  const now = options.now ?? (() => new Date());
  const clientId = options.clientId ?? new Prng(seed, 'client id').guid();
  const clientSecret = options.clientSecret ?? `demo~${randomBytes(27).toString('base64url')}`;
  const size = { ...DEFAULT_SIZE, ...definedSizes(options) };
  const { state, cast } = generateTenant(seed, size, { clientId, redirectUris: options.redirectUris ?? [] }, now);
  state.secretDigests.set('registered', { appId: clientId, digest: digestOf(clientSecret) });

  const ca = await makeTenantCa();
  const addresses: EntraAddresses = { tenantId: state.tenantId, backChannel: '', browser: '' };
  const keys = new SigningKeys();
  const store = new SignInStore(now);
  const faults = new FaultRegistry();
  const throttle = new Throttle(options.throttle ?? false, unitsFor(size.users));
  const tokens = new TokenIssuer(
    () => state,
    keys,
    clientId,
    () => issuerOf(addresses),
  );
  const graph = new GraphApi(
    () => state,
    tokens,
    throttle,
    faults,
    () => `${addresses.backChannel}/v1.0`,
  );
  const rotateKeys = (keepOld: boolean) => {
    keys.rotate(keepOld);
    graph.forgetCallers();
  };
  const certificates = new Map(options.clientCertificatePem ? [[clientId, options.clientCertificatePem]] : []);

  const tenantPath = (suffix: string) => `/${state.tenantId}${suffix}`;
  const authorizeParts = { state: () => state, store, administratorId: () => cast.administratorId };
  const route = (request: DemoRequest): DemoReply => {
    if (request.channel === 'front') {
      if (request.method === 'GET' && request.path === tenantPath('/oauth2/v2.0/authorize'))
        return handleAuthorize(authorizeParts, request);
      if (request.method === 'GET' && request.path === tenantPath('/oauth2/v2.0/logout'))
        return handleLogout({ state: () => state, store, issuer: () => issuerOf(addresses) }, request);
      return jsonReply(
        { error: 'not_found', error_description: `This port has only the sign-in page; ${request.path} isn't here.` },
        404,
      );
    }
    if (GRAPH_PATH.test(request.path)) return graph.handle(request);
    switch (request.path) {
      case tenantPath('/v2.0/.well-known/openid-configuration'):
        return jsonReply(openIdConfiguration(addresses));
      case tenantPath('/discovery/v2.0/keys'):
        return jsonReply(
          faults.strike(['wrongKeys'], request.method, request.path)
            ? keys.wrongJwks(issuerOf(addresses))
            : keys.jwks(issuerOf(addresses)),
        );
      case '/common/discovery/instance':
        return jsonReply(instanceDiscovery(addresses));
      case tenantPath('/oauth2/v2.0/token'):
        return handleTokenRequest(
          { state: () => state, store, tokens, faults, addresses: () => addresses, keys: { certificates }, rotateKeys },
          request,
        );
      default:
        return jsonReply(
          { error: 'not_found', error_description: `The demo tenant has nothing at ${request.path}.` },
          404,
        );
    }
  };
  const handler = (request: DemoRequest): Promise<DemoReply> | DemoReply =>
    request.path.startsWith('/demo/')
      ? handleControl(tenant, request)
      : answerUnderFaults(faults, request, () => route(request));

  const back = await listen(handler, options.httpsPort ?? 0, { key: ca.privateKeyPem, cert: ca.certificatePem });
  const front = await listen(handler, options.httpPort ?? 0);
  addresses.backChannel = `https://localhost:${back.port}`;
  addresses.browser = `http://localhost:${front.port}`;

  const administrator = state.collections.users.get(cast.administratorId) ?? {};
  const tenant: DemoTenant = {
    tenantId: state.tenantId,
    clientId,
    clientSecret,
    authority: `${addresses.backChannel}/${state.tenantId}`,
    authorityHost: addresses.backChannel,
    issuer: issuerOf(addresses),
    graphBaseUrl: `${addresses.backChannel}/v1.0`,
    browserUrl: addresses.browser,
    caCertificatePem: ca.caCertificatePem,
    administrator: {
      objectId: cast.administratorId,
      userPrincipalName: textOf(administrator, 'userPrincipalName'),
      displayName: textOf(administrator, 'displayName'),
    },
    cast,
    state,
    faults,
    setFaults: (...list) => (list.length > 0 ? faults.set(...list) : faults.clear()),
    tokenFor: (objectId) => tokens.mint({ kind: 'graph', objectId }),
    mintToken: (plan) => tokens.mint(plan),
    verifyToken: (token) => tokens.verify(token),
    rotateKeys: (keepOld = true) => rotateKeys(keepOld),
    setThrottling: (enabled) => {
      throttle.enabled = enabled;
    },
    spent: () => ({ ...throttle.spent }),
    addRedirectUri: (uri) =>
      updateRegistration(state, clientId, (web) => ({ ...web, redirectUris: [...textsOf(web, 'redirectUris'), uri] })),
    setFrontChannelLogoutUrl: (url) => updateRegistration(state, clientId, (web) => ({ ...web, logoutUrl: url })),
    close: async () => {
      await Promise.all([back.close(), front.close()]);
    },
  };
  return tenant;
}

/** Changes the registration of the watching application itself: part of setting up, so nothing is audited. */
function updateRegistration(
  state: TenantState,
  clientId: string,
  change: (web: Parameters<typeof mergePatch>[0]) => Parameters<typeof mergePatch>[0],
): void {
  const [app] = state.collections.applications.where('appId', clientId);
  if (!app) throw new Error('The registration of the watching application was deleted.');
  state.collections.applications.set({
    ...app,
    id: textOf(app, 'id'),
    web: change(isJsonObject(app['web']) ? app['web'] : {}),
  });
}

function definedSizes(options: DemoTenantOptions): Partial<typeof DEFAULT_SIZE> {
  const { users, groups, applications, policies } = options;
  return Object.fromEntries(
    Object.entries({ users, groups, applications, policies }).filter(([, count]) => count !== undefined),
  );
}
