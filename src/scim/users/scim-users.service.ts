import { Injectable } from '@nestjs/common';
import type { CallerActor } from '../../access/actor.js';
import { canonicalJson, type JsonObject } from '../../crypto/canonical-json.js';
import { type Transaction, TransactionRunner } from '../../database/transaction-runner.js';
import { kernelError } from '../../kernel/errors/kernel.errors.js';
import { UserProvisioning } from '../../users/provisioning/user-provisioning.service.js';
import { applyPatch } from '../protocol/apply-patch.js';
import { listResponse } from '../protocol/messages.js';
import { project, projectionOf } from '../protocol/projection.js';
import { readPatch } from '../protocol/read-patch.js';
import { readQuery } from '../protocol/read-query.js';
import { assertComplete, readResource } from '../protocol/read-resource.js';
import { provisioningTenant } from '../provisioning-tenant.js';
import { ResourceLocation } from '../resource-location.js';
import { demandedVersion, versionOf } from '../resource-version.js';
import { USER_SCHEMA } from '../schemas/user.schema.js';
import { scimError } from '../scim.errors.js';
import { searchResources } from '../search-resources.js';
import type { ShownResource } from '../shown-resource.js';
import { whileOthersChange } from '../while-others-change.js';
import { type ScimUserRow, ScimUsersRepository, USER_KEYS } from './scim-users.repository.js';
import { editableState, provisionedPerson, userResource } from './user-resource.js';

/** People of the service account's tenant as SCIM resources. */
@Injectable()
export class ScimUsers {
  constructor(
    private readonly transactions: TransactionRunner,
    private readonly rows: ScimUsersRepository,
    private readonly people: UserProvisioning,
    private readonly location: ResourceLocation,
  ) {}

  /** @throws DomainError scim.invalid_filter, scim.too_many, scim.invalid_value */
  async search(actor: CallerActor, given: unknown): Promise<JsonObject> {
    const tenantId = provisioningTenant(actor);
    const query = readQuery(given, USER_SCHEMA);
    const { resources, total } = await this.transactions.read((tx) =>
      searchResources(
        {
          schema: USER_SCHEMA,
          keys: USER_KEYS,
          count: (conditions) => this.rows.count(tx, tenantId, conditions),
          read: async (conditions, from, limit) =>
            (await this.rows.read(tx, tenantId, conditions, from, limit)).map((row) => this.resource(row)),
        },
        query,
      ),
    );
    const shown = resources.map((resource) => project(resource, query.projection, USER_SCHEMA));
    return listResponse(shown, total, query.page.startIndex);
  }

  /** @throws DomainError scim.not_found */
  async get(actor: CallerActor, id: string, query: unknown): Promise<ShownResource> {
    const tenantId = provisioningTenant(actor);
    const row = await this.transactions.read((tx) => this.existing(tx, tenantId, id));
    return this.shown(row, query);
  }

  /** @throws DomainError scim.invalid_syntax, scim.invalid_value, users.already_provisioned, rbac.no_way_up */
  create(actor: CallerActor, body: unknown, query: unknown): Promise<ShownResource> {
    const tenantId = provisioningTenant(actor);
    const resource = readResource(body, USER_SCHEMA);
    assertComplete(resource, USER_SCHEMA);
    return this.transactions.run(async (tx) => {
      const id = await this.people.provisionWithin(tx, actor, tenantId, provisionedPerson(resource));
      return this.shown(await this.existing(tx, tenantId, id), query);
    });
  }

  /** @throws DomainError scim.not_found, request.precondition_failed, and those of create */
  replace(
    actor: CallerActor,
    id: string,
    ifMatch: string | undefined,
    body: unknown,
    query: unknown,
  ): Promise<ShownResource> {
    const resource = readResource(body, USER_SCHEMA);
    // What a client doesn't say of the status isn't a decision about it.
    return this.change(actor, id, ifMatch, query, ({ active }) => ({ active: active ?? true, ...resource }));
  }

  /** @throws DomainError scim.invalid_path, scim.no_target, scim.mutability, and those of replace */
  patch(
    actor: CallerActor,
    id: string,
    ifMatch: string | undefined,
    body: unknown,
    query: unknown,
  ): Promise<ShownResource> {
    const operations = readPatch(body, USER_SCHEMA);
    return this.change(actor, id, ifMatch, query, (state) => applyPatch(state, operations, USER_SCHEMA.extensions));
  }

  /** @throws DomainError scim.not_found, request.precondition_failed, rbac.last_administrator */
  remove(actor: CallerActor, id: string, ifMatch: string | undefined): Promise<void> {
    const tenantId = provisioningTenant(actor);
    const demanded = demandedVersion(ifMatch);
    return whileOthersChange(demanded !== null, () =>
      this.transactions.run(async (tx) => {
        const row = await this.existing(tx, tenantId, id);
        if (demanded !== null && !demanded.has(row.version)) throw kernelError('request.precondition_failed');
        await this.people.deleteWithin(tx, actor, row.id, row.version);
      }),
    );
  }

  private change(
    actor: CallerActor,
    id: string,
    ifMatch: string | undefined,
    query: unknown,
    edit: (state: JsonObject) => JsonObject,
  ): Promise<ShownResource> {
    const tenantId = provisioningTenant(actor);
    const demanded = demandedVersion(ifMatch);
    return whileOthersChange(demanded !== null, () =>
      this.transactions.run(async (tx) => {
        const row = await this.existing(tx, tenantId, id);
        if (demanded !== null && !demanded.has(row.version)) throw kernelError('request.precondition_failed');
        const before = editableState(row);
        const after = edit(before);
        assertComplete(after, USER_SCHEMA);
        if (canonicalJson(before) === canonicalJson(after)) return this.shown(row, query);
        await this.people.updateProvisionedWithin(tx, actor, row.id, row.version, provisionedPerson(after, row));
        return this.shown(await this.existing(tx, tenantId, id), query);
      }),
    );
  }

  private async existing(tx: Transaction, tenantId: string, id: string): Promise<ScimUserRow> {
    const row = await this.rows.find(tx, tenantId, id);
    if (row === null) throw scimError('scim.not_found');
    return row;
  }

  private shown(row: ScimUserRow, query: unknown): ShownResource {
    return {
      id: row.id,
      resource: project(this.resource(row), projectionOf(query, USER_SCHEMA), USER_SCHEMA),
      version: versionOf(row.version),
      location: this.location.of('Users', row.id),
    };
  }

  private resource(row: ScimUserRow): JsonObject {
    return userResource(row, this.location.of('Users', row.id));
  }
}
