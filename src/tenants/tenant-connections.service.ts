import { Injectable, type OnModuleInit } from '@nestjs/common';
import { type Actor, systemActor } from '../access/actor.js';
import { AuditService } from '../audit/audit.service.js';
import type { JsonObject } from '../crypto/canonical-json.js';
import { type Transaction, TransactionRunner } from '../database/transaction-runner.js';
import { type ClientCredential, type OwnConnection, OwnConnections } from '../entra/own-connections.js';
import { kernelError } from '../kernel/errors/kernel.errors.js';
import { newId } from '../kernel/ids/ids.js';
import { ConnectionSeals } from './connection-seals.service.js';
import { readCredential } from './read-credential.js';
import type { TenantConnection } from './tenant-connection.entity.js';
import type { ConnectionState, NewConnection, ShownConnection } from './tenant-connection.types.js';
import { TenantConnectionsRepository } from './tenant-connections.repository.js';
import { tenantsError } from './tenants.errors.js';
import { TENANT_ACTIONS } from './tenants.events.js';
import { TenantsRepository } from './tenants.repository.js';
import type { Consent, WatchedTenant } from './tenants.types.js';

export const MAX_CANDIDATES = 5;
/** Ends what nobody can approve any more. */
const OVER = systemActor('tenants.connections');

/** The application that each tenant is read with, where it isn't the installation's. Credentials go in and never come out. */
@Injectable()
export class TenantConnections implements OnModuleInit {
  constructor(
    private readonly transactions: TransactionRunner,
    private readonly tenants: TenantsRepository,
    private readonly connections: TenantConnectionsRepository,
    private readonly seals: ConnectionSeals,
    private readonly audit: AuditService,
    private readonly own: OwnConnections,
  ) {}

  onModuleInit(): void {
    this.own.readFrom((entraTenantId) => this.inForce(entraTenantId));
  }

  /** @throws DomainError tenants.not_found */
  state(tenantId: string): Promise<ConnectionState> {
    return this.transactions.read((tx) => this.stateWithin(tx, tenantId));
  }

  /**
   * For whoever asks Entra ID.
   *
   * @param candidateId one that waits; null: the one in force, null where that is the installation's
   * @throws DomainError tenants.candidate_not_found
   */
  async toAsk(tenantId: string, candidateId: string | null): Promise<OwnConnection | null> {
    const row = await this.transactions.read((tx) =>
      candidateId === null
        ? this.connections.findActive(tx, tenantId)
        : this.connections.findCandidate(tx, tenantId, candidateId),
    );
    if (row === null && candidateId !== null) throw tenantsError('tenants.candidate_not_found');
    return row === null ? null : this.ownOf(row);
  }

  /**
   * @param version what If-Match says
   * @throws DomainError tenants.not_found, tenants.credential_unusable, tenants.second_person_required; request.precondition_failed
   */
  set(actor: Actor, tenantId: string, version: number, connection: NewConnection): Promise<ConnectionState> {
    return this.transactions.run(async (tx) => {
      const tenant = await this.locked(tx, tenantId, version);
      const before = await this.connections.findActive(tx, tenantId);
      // Another credential of the same application reads the same, or fails for all to see.
      const isRenewal = before?.clientId === connection.clientId && before.cloud === connection.cloud;
      if (tenant.secondPerson && !isRenewal) throw tenantsError('tenants.second_person_required');
      await this.connections.deleteActive(tx, tenantId);
      const after = await this.insert(tx, actor, tenantId, 'active', connection);
      return this.changed(tx, actor, tenant, before, after);
    });
  }

  /** @throws DomainError as `set`; tenants.no_own_connection */
  remove(actor: Actor, tenantId: string, version: number): Promise<void> {
    return this.transactions.run((tx) => this.removeWithin(tx, actor, tenantId, version, 'alone'));
  }

  /**
   * Keeps a connection for a second person to approve. Until then nothing is read with it.
   *
   * @throws DomainError tenants.not_found, tenants.credential_unusable, tenants.too_many_candidates
   */
  offer(actor: Actor, tenantId: string, connection: NewConnection): Promise<ShownConnection> {
    return this.transactions.run(async (tx) => {
      const tenant = await this.tenants.lock(tx, tenantId);
      if (tenant === null) throw tenantsError('tenants.not_found');
      for (const old of await this.connections.findOld(tx, tenantId)) await this.end(tx, OVER, tenant, old);
      const waiting = await this.connections.findCandidates(tx, tenantId);
      if (waiting.length >= MAX_CANDIDATES) throw tenantsError('tenants.too_many_candidates');
      const row = await this.insert(tx, actor, tenantId, 'candidate', connection);
      await this.record(tx, actor, 'tenants.connection.offered', tenant, null, row);
      return shown(row);
    });
  }

  /** @throws DomainError tenants.not_found, tenants.candidate_not_found */
  withdraw(actor: Actor, tenantId: string, candidateId: string): Promise<void> {
    return this.transactions.run(async (tx) => {
      const tenant = await this.tenants.lock(tx, tenantId);
      if (tenant === null) throw tenantsError('tenants.not_found');
      const row = await this.connections.findToWithdraw(tx, tenantId, candidateId);
      if (row === null) throw tenantsError('tenants.candidate_not_found');
      await this.end(tx, actor, tenant, row);
    });
  }

  /**
   * Within a transaction of others, where two people want it.
   *
   * @param candidateId null: back to the installation's application
   * @throws DomainError tenants.not_found, tenants.candidate_not_found, tenants.no_own_connection, request.precondition_failed
   */
  async adoptWithin(
    tx: Transaction,
    actor: Actor,
    tenantId: string,
    version: number,
    candidateId: string | null,
  ): Promise<void> {
    if (candidateId === null) return this.removeWithin(tx, actor, tenantId, version, 'approved');
    const tenant = await this.locked(tx, tenantId, version);
    const candidate = await this.connections.findCandidate(tx, tenantId, candidateId);
    if (candidate === null) throw tenantsError('tenants.candidate_not_found');
    const before = await this.connections.findActive(tx, tenantId);
    await this.connections.deleteActive(tx, tenantId);
    await this.connections.promote(tx, candidate);
    await this.changed(tx, actor, tenant, before, candidate);
  }

  /** @param problem null where nothing was wrong */
  recordTest(actor: Actor, tenantId: string, clientId: string | null, problem: string | null): Promise<void> {
    return this.transactions.run((tx) =>
      this.audit.record(tx, actor, {
        action: TENANT_ACTIONS['tenants.connection.tested'],
        tenantId,
        target: { type: 'tenant', id: tenantId },
        outcome: problem === null ? 'success' : 'failure',
        ...(problem === null ? {} : { reason: problem }),
        after: { clientId },
      }),
    );
  }

  private async end(tx: Transaction, actor: Actor, tenant: WatchedTenant, row: TenantConnection): Promise<void> {
    await this.connections.deleteCandidate(tx, row.id);
    await this.record(tx, actor, 'tenants.connection.withdrawn', tenant, row, null);
  }

  private async removeWithin(
    tx: Transaction,
    actor: Actor,
    tenantId: string,
    version: number,
    consent: Consent,
  ): Promise<void> {
    const tenant = await this.locked(tx, tenantId, version);
    const before = await this.connections.findActive(tx, tenantId);
    if (before === null) throw tenantsError('tenants.no_own_connection');
    if (consent === 'alone' && tenant.secondPerson) throw tenantsError('tenants.second_person_required');
    await this.connections.deleteActive(tx, tenantId);
    await this.changed(tx, actor, tenant, before, null);
  }

  private async locked(tx: Transaction, tenantId: string, version: number): Promise<WatchedTenant> {
    const tenant = await this.tenants.lock(tx, tenantId);
    if (tenant === null) throw tenantsError('tenants.not_found');
    if ((await this.connections.version(tx, tenantId)) !== version) throw kernelError('request.precondition_failed');
    return tenant;
  }

  private async insert(
    tx: Transaction,
    actor: Actor,
    tenantId: string,
    state: TenantConnection['state'],
    connection: NewConnection,
  ): Promise<TenantConnection> {
    const { clientId, cloud, kind, credential } = connection;
    const facts = readCredential(connection, await this.connections.now(tx));
    const id = newId();
    return this.connections.insert(tx, {
      id,
      tenantId,
      state,
      clientId,
      cloud,
      kind,
      sealedCredential: credential === null ? null : await this.seals.seal(id, tenantId, credential),
      fingerprint: credential === null ? null : (facts.thumbprint ?? (await this.seals.fingerprint(credential))),
      expiresAt: facts.expiresAt,
      setBy: actor.displayName,
    });
  }

  private async changed(
    tx: Transaction,
    actor: Actor,
    tenant: WatchedTenant,
    before: TenantConnection | null,
    after: TenantConnection | null,
  ): Promise<ConnectionState> {
    await this.connections.raiseVersion(tx, tenant.id);
    await this.record(tx, actor, 'tenants.connection.changed', tenant, before, after);
    return this.stateWithin(tx, tenant.id);
  }

  private async stateWithin(tx: Transaction, tenantId: string): Promise<ConnectionState> {
    const version = await this.connections.version(tx, tenantId);
    if (version === null) throw tenantsError('tenants.not_found');
    const active = await this.connections.findActive(tx, tenantId);
    const candidates = (await this.connections.findCandidates(tx, tenantId)).map(shown);
    return { tenantId, version, active: active === null ? null : shown(active), candidates };
  }

  private async inForce(entraTenantId: string): Promise<OwnConnection | null> {
    const key = entraTenantId.toLowerCase();
    const row = await this.transactions.read((tx) => this.connections.findActiveOf(tx, key));
    return row === null ? null : this.ownOf(row);
  }

  private ownOf(row: TenantConnection): OwnConnection {
    const { id, clientId, cloud } = row;
    // A row is never changed but for its state, and sealing it anew under another key: another connection is another row.
    return { revision: id, clientId, cloud, credential: () => this.credentialOf(row) };
  }

  private async credentialOf(row: TenantConnection): Promise<ClientCredential> {
    const { id, tenantId, kind, sealedCredential } = row;
    if (kind === 'federated' || sealedCredential === null) return { kind: 'federated' };
    const opened = await this.seals.open(id, tenantId, sealedCredential);
    return kind === 'secret' ? { kind, secret: opened } : { kind, pem: opened };
  }

  private record(
    tx: Transaction,
    actor: Actor,
    action: keyof typeof TENANT_ACTIONS,
    tenant: WatchedTenant,
    before: TenantConnection | null,
    after: TenantConnection | null,
  ): Promise<void> {
    return this.audit.record(tx, actor, {
      action: TENANT_ACTIONS[action],
      tenantId: tenant.id,
      target: { type: 'tenant', id: tenant.id, displayName: tenant.displayName },
      outcome: 'success',
      ...(before === null ? {} : { before: stateOf(before) }),
      ...(after === null ? {} : { after: stateOf(after) }),
    });
  }
}

function shown({
  id,
  clientId,
  cloud,
  kind,
  fingerprint,
  expiresAt,
  setBy,
  createdAt,
}: TenantConnection): ShownConnection {
  return { id, clientId, cloud, kind, fingerprint, expiresAt, setBy, createdAt };
}

/** The credential shows as its fingerprint. */
function stateOf({ id, clientId, cloud, kind, fingerprint, expiresAt }: TenantConnection): JsonObject {
  return { id, clientId, cloud, kind, fingerprint, expiresAt: expiresAt?.toISOString() ?? null };
}
