import { Injectable } from '@nestjs/common';
import type { Transaction } from '../../database/transaction-runner.js';
import { rbacError } from '../rbac.errors.js';
import { RolesRepository } from '../roles/roles.repository.js';
import { documentError } from './access-document.errors.js';
import { AccessDocumentRepository, type StoredAccess } from './access-document.repository.js';
import type { AccessDocument, DocumentMapping } from './access-document.types.js';
import { orderRoles } from './role-order.js';
import { mappingKey, sortDocument } from './sort-document.js';

/** What a document asks for, in the words in which what is there is described. */
export interface DocumentTarget {
  document: AccessDocument;
  /** groups.id by mappingKey. */
  groupIds: ReadonlyMap<string, string>;
  /** Names of the document's roles: each after those that it inherits from. */
  roleOrder: readonly string[];
}

/** Finds what a document names, and refuses what isn't there. */
@Injectable()
export class DocumentTargets {
  constructor(
    private readonly rows: AccessDocumentRepository,
    private readonly roles: RolesRepository,
  ) {}

  /** @throws DomainError rbac.document_group, rbac.document_tenant, rbac.unknown_role, rbac.system_role, rbac.role_cycle, rbac.unknown_permission */
  async find(tx: Transaction, document: AccessDocument, nowMs: number): Promise<DocumentTarget> {
    const names = document.roles.map(({ name }) => name);
    const [system] = await this.rows.findSystemRoles(tx, names);
    if (system !== undefined) {
      throw rbacError('rbac.system_role', { detail: `${system} comes with the service; a document can't define it.` });
    }
    const parentsOf = new Map(document.roles.map(({ name, parents }) => [name, parents]));
    const { order, cycle } = orderRoles(parentsOf);
    if (cycle !== null) throw rbacError('rbac.role_cycle', { detail: cycle.join(' -> ') });
    await this.assertPermissions(tx, document);
    const { mappings, groupIds } = await this.mappingsOf(tx, document.mappings, nowMs);
    await this.assertRoles(tx, document, new Set(names));
    return { document: sortDocument({ ...document, mappings }), groupIds, roleOrder: order };
  }

  /** Without what has ended; equal ones once. */
  private async mappingsOf(
    tx: Transaction,
    wanted: readonly DocumentMapping[],
    nowMs: number,
  ): Promise<{ mappings: DocumentMapping[]; groupIds: Map<string, string> }> {
    const tenants = new Set(wanted.map(({ tenant }) => tenant));
    const known = await this.rows.findTenants(tx, [...tenants]);
    const unknown = [...tenants].find((tenant) => !known.has(tenant));
    if (unknown !== undefined)
      throw documentError('rbac.document_tenant', { detail: `There is no tenant ${unknown} here.` });
    const groups = new Map<string, { id: string; reference: string }[]>();
    for (const { tenant, asked, id, reference } of await this.rows.findGroups(tx, wanted)) {
      const key = `${tenant} ${asked}`;
      groups.set(key, [...(groups.get(key) ?? []), { id, reference }]);
    }
    const groupIds = new Map<string, string>();
    const mappings = new Map<string, DocumentMapping>();
    for (const mapping of wanted) {
      if (mapping.validUntil !== null && Date.parse(mapping.validUntil) <= nowMs) continue;
      const [group, another] = groups.get(`${mapping.tenant} ${mapping.group}`) ?? [];
      if (group === undefined || another !== undefined) throw groupError(mapping, group === undefined);
      const hasBegun = mapping.validFrom !== null && Date.parse(mapping.validFrom) <= nowMs;
      const found = { ...mapping, group: group.reference, ...(hasBegun ? { validFrom: null } : {}) };
      mappings.set(mappingKey(found), found);
      groupIds.set(mappingKey(found), group.id);
    }
    return { mappings: [...mappings.values()], groupIds };
  }

  private async assertPermissions(tx: Transaction, { roles, constraints }: AccessDocument): Promise<void> {
    const named = [
      ...roles.flatMap(({ permissions }) => permissions),
      ...constraints.flatMap(({ kind, members }) => (kind === 'permissions' ? members : [])),
    ];
    const [unknown] = await this.roles.findUnknownPermissions(tx, [...new Set(named)]);
    if (unknown !== undefined) {
      throw rbacError('rbac.unknown_permission', { detail: `${unknown} is not a permission of this service.` });
    }
  }

  private async assertRoles(tx: Transaction, document: AccessDocument, defined: ReadonlySet<string>): Promise<void> {
    const named = [
      ...document.roles.flatMap(({ parents }) => parents),
      ...document.constraints.flatMap(({ kind, members }) => (kind === 'roles' ? members : [])),
      ...document.mappings.map(({ role }) => role),
    ].filter((name) => !defined.has(name));
    const known = new Set(await this.rows.findSystemRoles(tx, [...new Set(named)]));
    const missing = named.find((name) => !known.has(name));
    if (missing !== undefined) {
      throw rbacError('rbac.unknown_role', {
        detail: `The role ${missing} is named but neither defined nor a system role.`,
      });
    }
  }
}

function groupError({ group, tenant }: DocumentMapping, isMissing: boolean) {
  const why = isMissing
    ? `There is no group ${group} of the tenant ${tenant} here. Add it first.`
    : `Several groups of the tenant ${tenant} have the name ${group}. Name it by its id.`;
  return documentError('rbac.document_group', { detail: why });
}

/** What is there, without the ids of its rows. */
export function documentOf(stored: StoredAccess): AccessDocument {
  const mappings = stored.mappings.map(
    ({ id: _id, groupId: _groupId, ...mapping }): DocumentMapping => mapping as DocumentMapping,
  );
  return sortDocument({
    roles: stored.roles.map(({ name, description, permissions, parents, activation }) => ({
      name,
      description,
      permissions,
      parents,
      activation,
    })),
    constraints: stored.constraints.map(({ name, description, kind, members, atMost }) => ({
      name,
      description,
      kind,
      members,
      atMost,
    })),
    mappings: [...new Map(mappings.map((mapping) => [mappingKey(mapping), mapping])).values()],
  });
}
