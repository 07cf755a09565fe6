import { Injectable } from '@nestjs/common';
import type { CallerActor } from '../../access/actor.js';
import type { JsonObject } from '../../crypto/canonical-json.js';
import { type Transaction, TransactionRunner } from '../../database/transaction-runner.js';
import { kernelError } from '../../kernel/errors/kernel.errors.js';
import { GroupProvisioning } from '../../users/provisioning/group-provisioning.service.js';
import { applyPatch } from '../protocol/apply-patch.js';
import { listResponse } from '../protocol/messages.js';
import { project, projectionOf, shows } from '../protocol/projection.js';
import { readPatch } from '../protocol/read-patch.js';
import { readQuery } from '../protocol/read-query.js';
import { assertComplete, readResource } from '../protocol/read-resource.js';
import { provisioningTenant } from '../provisioning-tenant.js';
import { ResourceLocation } from '../resource-location.js';
import { demandedVersion, versionOf } from '../resource-version.js';
import { GROUP_SCHEMA } from '../schemas/group.schema.js';
import { scimError } from '../scim.errors.js';
import { searchResources } from '../search-resources.js';
import type { ShownResource } from '../shown-resource.js';
import { groupResource } from './group-resource.js';
import { type MemberChanges, memberChanges, memberIds } from './member-changes.js';
import { mentionsMembers } from './mentions-members.js';
import { GROUP_KEYS, type ScimGroupRow, ScimGroupsRepository } from './scim-groups.repository.js';

/** Members that one answer shows, over all its groups. */
export const MAX_SHOWN_MEMBERS = 100_000;

/** Groups that were provisioned to the service account's tenant, as SCIM resources. */
@Injectable()
export class ScimGroups {
  constructor(
    private readonly transactions: TransactionRunner,
    private readonly rows: ScimGroupsRepository,
    private readonly groups: GroupProvisioning,
    private readonly location: ResourceLocation,
  ) {}

  /** @throws DomainError scim.invalid_filter, scim.too_many, scim.invalid_value */
  async search(actor: CallerActor, given: unknown): Promise<JsonObject> {
    const tenantId = provisioningTenant(actor);
    const query = readQuery(given, GROUP_SCHEMA);
    const withMembers = shows(query.projection, 'members') || (query.filter !== null && mentionsMembers(query.filter));
    const { resources, total } = await this.transactions.read((tx) =>
      searchResources(
        {
          schema: GROUP_SCHEMA,
          keys: GROUP_KEYS,
          count: (conditions) => this.rows.count(tx, tenantId, conditions),
          read: async (conditions, from, limit) =>
            this.resources(tx, await this.rows.read(tx, tenantId, conditions, from, limit), withMembers),
        },
        query,
      ),
    );
    const shown = resources.map((resource) => project(resource, query.projection, GROUP_SCHEMA));
    return listResponse(shown, total, query.page.startIndex);
  }

  /** @throws DomainError scim.not_found, scim.too_many */
  async get(actor: CallerActor, id: string, query: unknown): Promise<ShownResource> {
    const tenantId = provisioningTenant(actor);
    return this.transactions.read(async (tx) => {
      return this.shown(tx, await this.existing(tx, tenantId, id), query);
    });
  }

  /** @throws DomainError scim.invalid_syntax, scim.invalid_value, rbac.no_way_up */
  create(actor: CallerActor, body: unknown, query: unknown): Promise<ShownResource> {
    const tenantId = provisioningTenant(actor);
    const resource = readResource(body, GROUP_SCHEMA);
    assertComplete(resource, GROUP_SCHEMA);
    return this.transactions.run(async (tx) => {
      const { displayName, externalId } = namesOf(resource);
      const id = await this.groups.createWithin(tx, actor, tenantId, displayName, externalId);
      await this.changeMembers(tx, actor, tenantId, id, { added: memberIds(resource['members']), removed: [] });
      return this.shown(tx, await this.existing(tx, tenantId, id), query);
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
    const tenantId = provisioningTenant(actor);
    const resource = readResource(body, GROUP_SCHEMA);
    assertComplete(resource, GROUP_SCHEMA);
    const wanted = memberIds(resource['members']);
    return this.change(tenantId, id, ifMatch, async (tx, row) => {
      const current = await this.memberIds(tx, row.id);
      const [had, has] = [new Set(current), new Set(wanted)];
      await this.changeMembers(tx, actor, tenantId, row.id, {
        added: wanted.filter((one) => !had.has(one)),
        removed: current.filter((one) => !has.has(one)),
      });
      await this.rename(tx, actor, row, resource);
      return this.shown(tx, await this.existing(tx, tenantId, id), query);
    });
  }

  /**
   * @returns the version after it
   * @throws DomainError scim.invalid_path, scim.no_target, scim.mutability, scim.too_large, and those of replace
   */
  patch(actor: CallerActor, id: string, ifMatch: string | undefined, body: unknown): Promise<string> {
    const tenantId = provisioningTenant(actor);
    const operations = readPatch(body, GROUP_SCHEMA);
    const concernsMembers = ({ target }: (typeof operations)[number]) => target.attribute?.name === 'members';
    const others = operations.filter((operation) => !concernsMembers(operation));
    const ofMembers = operations.filter(concernsMembers);
    return this.change(tenantId, id, ifMatch, async (tx, row) => {
      const patched = applyPatch(editableState(row), others, []);
      assertComplete(patched, GROUP_SCHEMA);
      if (ofMembers.length > 0) {
        const changes = memberChanges(await this.memberIds(tx, row.id), ofMembers);
        await this.changeMembers(tx, actor, tenantId, row.id, changes);
      }
      await this.rename(tx, actor, row, patched);
      return versionOf((await this.existing(tx, tenantId, id)).version);
    });
  }

  /** @throws DomainError scim.not_found, request.precondition_failed, rbac.last_administrator */
  remove(actor: CallerActor, id: string, ifMatch: string | undefined): Promise<void> {
    const tenantId = provisioningTenant(actor);
    return this.change(tenantId, id, ifMatch, (tx, row) => this.groups.deleteWithin(tx, actor, row.id));
  }

  private change<T>(
    tenantId: string,
    id: string,
    ifMatch: string | undefined,
    work: (tx: Transaction, row: ScimGroupRow) => Promise<T>,
  ): Promise<T> {
    const demanded = demandedVersion(ifMatch);
    return this.transactions.run(async (tx) => {
      await this.rows.lock(tx, id);
      const row = await this.existing(tx, tenantId, id);
      if (demanded !== null && !demanded.has(row.version)) throw kernelError('request.precondition_failed');
      return work(tx, row);
    });
  }

  private async rename(tx: Transaction, actor: CallerActor, row: ScimGroupRow, resource: JsonObject): Promise<void> {
    const { displayName, externalId } = namesOf(resource);
    if (displayName === row.displayName && externalId === row.externalId) return;
    await this.groups.renameWithin(tx, actor, row.id, displayName, externalId);
  }

  private async changeMembers(
    tx: Transaction,
    actor: CallerActor,
    tenantId: string,
    groupId: string,
    { added, removed }: MemberChanges,
  ): Promise<void> {
    const users = added.length === 0 ? new Set() : await this.rows.usersAmong(tx, tenantId, added);
    const unknown = added.find((id) => !users.has(id));
    if (unknown !== undefined) {
      throw scimError('scim.invalid_value', { detail: `${unknown} is no user of this tenant.` });
    }
    await this.groups.changeMembersWithin(tx, actor, groupId, added, removed);
    // Who was deleted meanwhile is no member: from here on nobody is deleted until this is done.
    if (added.length > 0 && (await this.rows.usersAmong(tx, tenantId, added)).size < added.length) {
      throw scimError('scim.invalid_value', { detail: 'A member was deleted meanwhile.' });
    }
  }

  private async memberIds(tx: Transaction, groupId: string): Promise<string[]> {
    return (await this.rows.membersOf(tx, [groupId], Number.MAX_SAFE_INTEGER)).map(({ userId }) => userId);
  }

  private async existing(tx: Transaction, tenantId: string, id: string): Promise<ScimGroupRow> {
    const row = await this.rows.find(tx, tenantId, id);
    if (row === null) throw scimError('scim.not_found');
    return row;
  }

  private async shown(tx: Transaction, row: ScimGroupRow, query: unknown): Promise<ShownResource> {
    const projection = projectionOf(query, GROUP_SCHEMA);
    const [resource = {}] = await this.resources(tx, [row], shows(projection, 'members'));
    return {
      id: row.id,
      resource: project(resource, projection, GROUP_SCHEMA),
      version: versionOf(row.version),
      location: this.location.of('Groups', row.id),
    };
  }

  private async resources(tx: Transaction, rows: ScimGroupRow[], withMembers: boolean): Promise<JsonObject[]> {
    const locationOf = this.location.of.bind(this.location);
    if (!withMembers || rows.length === 0) return rows.map((row) => groupResource(row, null, locationOf));
    const ids = rows.map(({ id }) => id);
    const found = await this.rows.membersOf(tx, ids, MAX_SHOWN_MEMBERS + 1);
    if (found.length > MAX_SHOWN_MEMBERS) {
      throw scimError('scim.too_many', {
        detail: 'These groups have too many members: use excludedAttributes=members.',
      });
    }
    const members = new Map<string, string[]>(ids.map((id) => [id, []]));
    for (const { groupId, userId } of found) members.get(groupId)?.push(userId);
    return rows.map((row) => groupResource(row, members.get(row.id) ?? [], locationOf));
  }
}

function editableState({ displayName, externalId }: ScimGroupRow): JsonObject {
  return { displayName, ...(externalId === null ? {} : { externalId }) };
}

function namesOf({ displayName, externalId }: JsonObject): { displayName: string; externalId: string | null } {
  return { displayName: String(displayName), externalId: typeof externalId === 'string' ? externalId : null };
}
