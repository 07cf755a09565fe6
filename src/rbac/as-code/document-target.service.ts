import { Injectable } from '@nestjs/common';
import type { Transaction } from '../../database/transaction-runner.js';
import { isUuid } from '../../kernel/ids/ids.js';
import { rbacError } from '../rbac.errors.js';
import { RolesRepository } from '../roles/roles.repository.js';
import { documentError } from './access-document.errors.js';
import { AccessDocumentRepository, type FoundGroup, type StoredAccess } from './access-document.repository.js';
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
    const named = wanted.map(({ tenant, group, groupId }) => ({ tenant, group: groupId ?? group }));
    const groups = new Map<string, FoundGroup[]>();
    for (const found of await this.rows.findGroups(tx, named)) {
      const key = `${found.tenant} ${found.asked}`;
      groups.set(key, [...(groups.get(key) ?? []), found]);
    }
    const groupIds = new Map<string, string>();
    const mappings = new Map<string, DocumentMapping>();
    for (const mapping of wanted) {
      if (mapping.validUntil !== null && Date.parse(mapping.validUntil) <= nowMs) continue;
      const group = theOne(mapping, groups.get(`${mapping.tenant} ${mapping.groupId ?? mapping.group}`) ?? []);
      const hasBegun = mapping.validFrom !== null && Date.parse(mapping.validFrom) <= nowMs;
      const { reference, referenceId } = group;
      const found = { ...mapping, group: reference, groupId: referenceId, ...(hasBegun ? { validFrom: null } : {}) };
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

/**
 * A name alone means no group, since whoever provisions gives names: it could mean another one than when it was written.
 *
 * @throws DomainError rbac.document_group
 */
function theOne({ group, groupId, tenant }: DocumentMapping, found: readonly FoundGroup[]): FoundGroup {
  const refused = (detail: string) => documentError('rbac.document_group', { detail });
  const [one, another] = found;
  if (one === undefined)
    throw refused(`There is no group ${groupId ?? group} of the tenant ${tenant} here. Add it first.`);
  if (groupId !== null && (one.id !== groupId || one.reference !== group))
    throw refused(`The group ${groupId} is not called ${group}, but ${one.reference}.`);
  if (groupId === null && !isUuid(group))
    throw refused(`The name ${group} alone may come to mean another group. ${hint(one, another)}`);
  return one;
}

function hint({ reference, referenceId }: FoundGroup, another: FoundGroup | undefined): string {
  if (another !== undefined) return 'Several have it now; say which one by its groupId.';
  return referenceId === null ? `Write group: ${reference}` : `Write beside it groupId: ${referenceId}`;
}

/** What is there, without the ids of its rows. */
export function documentOf(stored: StoredAccess): AccessDocument {
  const mappings = stored.mappings.map(
    ({ id: _id, holderId: _holderId, ...mapping }): DocumentMapping => mapping as DocumentMapping,
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
