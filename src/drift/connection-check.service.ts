import { Injectable } from '@nestjs/common';
import type { Actor } from '../access/actor.js';
import { GraphClients } from '../entra/graph-clients.js';
import { GraphFault } from '../entra/graph-fault.js';
import type { OwnConnection } from '../entra/own-connections.js';
import { ConcurrencyGate } from '../kernel/concurrency/concurrency-gate.js';
import { TenantConnections } from '../tenants/tenant-connections.service.js';
import { TenantsService } from '../tenants/tenants.service.js';
import { RESOURCE_TYPE_CATALOGUE } from './resource-types/catalogue.js';

const TIMEOUT_MS = 30_000;
/** Of one process; whoever comes then waits. */
const AT_ONCE = 4;
/** Who made a change is read by the attribution, which is no resource type. */
const ATTRIBUTION = { permission: 'AuditLog.Read.All', use: 'who made a change' };

export interface ConnectionCheckResult {
  /** Null: the installation's application. */
  clientId: string | null;
  /** Whether Entra ID gave a token and Graph answered for this tenant with it. */
  works: boolean;
  /** One sentence where it doesn't. */
  problem: string | null;
  organization: string | null;
  /** Application permissions that the token has; null where there is none, or it doesn't say. */
  granted: string[] | null;
  missing: { permission: string; for: string[] }[];
}

/** Tries what a tenant is read with, or would be, and says what is wrong with it. */
@Injectable()
export class ConnectionCheck {
  private readonly places = new ConcurrencyGate(AT_ONCE);

  constructor(
    private readonly tenants: TenantsService,
    private readonly connections: TenantConnections,
    private readonly graph: GraphClients,
  ) {}

  /**
   * @param candidateId one that waits for a second person; null: what the tenant is read with
   * @throws DomainError tenants.not_found, tenants.candidate_not_found; a connection that doesn't work is a result
   */
  async test(actor: Actor, tenantId: string, candidateId: string | null): Promise<ConnectionCheckResult> {
    const { entraTenantId } = await this.tenants.get(tenantId);
    const own = await this.connections.toAsk(tenantId, candidateId);
    // Its time begins when it has its place.
    const result = await this.places.run(() => this.ask(entraTenantId, own, AbortSignal.timeout(TIMEOUT_MS)));
    await this.connections.recordTest(actor, tenantId, own?.clientId ?? null, result.problem);
    return result;
  }

  private async ask(
    entraTenantId: string,
    own: OwnConnection | null,
    signal: AbortSignal,
  ): Promise<ConnectionCheckResult> {
    const client = this.graph.fresh(entraTenantId, own);
    const result: ConnectionCheckResult = {
      clientId: own?.clientId ?? null,
      works: false,
      problem: null,
      organization: null,
      granted: null,
      missing: [],
    };
    try {
      result.granted = await client.permissions(true, signal);
      if (result.granted !== null) result.missing = missingOf(result.granted);
      const { value } = await client.get('/organization?$select=id,displayName', signal);
      const [organization] = Array.isArray(value) ? value : [];
      const { id, displayName } = Object(organization) as { id?: unknown; displayName?: unknown };
      if (typeof id !== 'string' || id.toLowerCase() !== entraTenantId)
        return { ...result, problem: 'Graph answers for another tenant than this one.' };
      const name = typeof displayName === 'string' ? displayName : null;
      return { ...result, works: true, organization: name, problem: problemOf(result.missing) };
    } catch (error) {
      if (signal.aborted) return { ...result, problem: `There was no answer within ${TIMEOUT_MS / 1000} s.` };
      if (!(error instanceof GraphFault)) throw error;
      return { ...result, problem: error.message };
    }
  }
}

/** Each permission that a scan takes and that isn't granted by its name, with what isn't read without it. */
function missingOf(granted: readonly string[]): ConnectionCheckResult['missing'] {
  const uses = new Map<string, string[]>([[ATTRIBUTION.permission, [ATTRIBUTION.use]]]);
  for (const { permission, title } of Object.values(RESOURCE_TYPE_CATALOGUE))
    if (permission !== null) uses.set(permission, [...(uses.get(permission) ?? []), title]);
  return [...uses].flatMap(([permission, titles]) =>
    granted.includes(permission) ? [] : [{ permission, for: titles }],
  );
}

function problemOf(missing: ConnectionCheckResult['missing']): string | null {
  if (missing.length === 0) return null;
  return `Not granted: ${missing.map(({ permission }) => permission).join(', ')}.`;
}
