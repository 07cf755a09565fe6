import { applyAttack, applyHarmlessEdits } from '../attack.js';
import type { DemoTenant } from '../demo-tenant.types.js';
import { TOKEN_KINDS } from '../entra/token-issuer.js';
import { parseFault, TOKEN_FLAWS } from '../faults/fault-registry.js';
import { type DemoReply, type DemoRequest, emptyReply, jsonReply, parseBody } from '../http/exchange.js';
import { importExport } from '../import/import-export.js';
import { isJsonObject, type Json, type JsonObject, textOf } from '../store/json.types.js';

const MAX_SEED = 2 ** 31 - 1;

/** The routes under /demo with which people and tests steer the tenant. They need no token: the ports are on loopback only. */
export function handleControl(tenant: DemoTenant, request: DemoRequest): DemoReply {
  // A page on the internet must not steer the tenant through somebody's browser.
  if (request.headers.origin !== undefined || !isLoopbackHost(request.headers.host))
    return refusal('The controls are for programs on this machine.', 403);
  try {
    return dispatch(tenant, request);
  } catch (error) {
    return refusal(error instanceof Error ? error.message : String(error), 400);
  }
}

function dispatch(tenant: DemoTenant, request: DemoRequest): DemoReply {
  const key = `${request.method} ${request.path}`;
  if (key === 'POST /demo/import') return jsonReply(importExport(tenant.state, request.body));
  const body = bodyOf(request);
  switch (key) {
    case 'GET /demo/state':
      return jsonReply({
        tenantId: tenant.tenantId,
        displayName: tenant.state.identity.displayName,
        administrator: tenant.administrator,
        counts: tenant.state.counts(),
      });
    case 'GET /demo/faults':
      return jsonReply({ faults: tenant.faults.list().map((fault) => ({ ...fault })) });
    case 'DELETE /demo/faults':
      tenant.faults.clear();
      return emptyReply();
    case 'POST /demo/faults':
      return setFaults(tenant, body);
    case 'POST /demo/rotate-keys':
      tenant.rotateKeys(body['keepOld'] !== false);
      return emptyReply();
    case 'POST /demo/throttling':
      tenant.setThrottling(body['enabled'] === true);
      return emptyReply();
    case 'POST /demo/audit-delay':
      tenant.state.audit.delayMs = Number(body['milliseconds'] ?? 0);
      return emptyReply();
    case 'POST /demo/expire-delta-tokens':
      tenant.state.changes.expireTokens();
      return emptyReply();
    case 'POST /demo/token':
      return jsonReply({ token: tenant.mintToken(tokenPlan(body)) });
    case 'POST /demo/attack':
      return jsonReply({ attacks: applyAttack(tenant, seedOf(body)).map((attack) => ({ ...attack })) });
    case 'POST /demo/harmless':
      return jsonReply({ edits: applyHarmlessEdits(tenant, seedOf(body)).map((edit) => ({ ...edit })) });
    default:
      return refusal(`There is no control ${key}.`, 404);
  }
}

function setFaults(tenant: DemoTenant, body: JsonObject): DemoReply {
  const list: Json[] = Array.isArray(body['faults']) ? body['faults'] : [body];
  const faults = list.map(parseFault);
  tenant.faults.set(...faults);
  return jsonReply({ faults: tenant.faults.list().map((fault) => ({ ...fault })) }, 201);
}

function tokenPlan(body: JsonObject): Parameters<DemoTenant['mintToken']>[0] {
  const kind = TOKEN_KINDS.find((one) => one === body['kind']) ?? 'graph';
  const flaw = TOKEN_FLAWS.find((one) => one === body['flaw']);
  const objectId = textOf(body, 'objectId');
  return {
    kind,
    ...(objectId ? { objectId } : {}),
    ...Object.fromEntries(
      (['clientId', 'nonce', 'sid', 'scope', 'accessToken', 'code'] as const)
        .filter((member) => typeof body[member] === 'string')
        .map((member) => [member, body[member]]),
    ),
    ...(isJsonObject(body['claims']) ? { claims: body['claims'] } : {}),
    ...(isJsonObject(body['header']) ? { header: body['header'] } : {}),
    ...(flaw ? { flaw } : {}),
  };
}

function seedOf(body: JsonObject): number {
  const seed = body['seed'] ?? 1;
  if (typeof seed !== 'number' || !Number.isInteger(seed) || seed < 0 || seed > MAX_SEED)
    throw new Error(`seed is a whole number from 0 to ${MAX_SEED}.`);
  return seed;
}

function bodyOf(request: DemoRequest): JsonObject {
  const body = parseBody(request.body);
  if (typeof body === 'string') throw new Error(body);
  return body;
}

function isLoopbackHost(host: string | undefined): boolean {
  return /^(localhost|127\.0\.0\.1|\[::1\])(:\d+)?$/.test(host ?? '');
}

function refusal(message: string, status: number): DemoReply {
  return jsonReply({ error: { code: 'demo', message } }, status);
}
