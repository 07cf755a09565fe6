import { Injectable } from '@nestjs/common';
import type { Transaction } from '../../database/transaction-runner.js';
import type { EligibleFacts } from './explain.types.js';

/** Who a decision is on, as people name them. */
export interface NamedSubject {
  type: 'user' | 'service_account';
  /** users.id or service_accounts.id */
  id: string;
  /** tenants.id */
  tenantId: string;
  displayName: string;
  status: 'active' | 'disabled' | 'deleted';
  /** Of a program: its owner's; null for a person. */
  ownerStatus: 'active' | 'disabled' | 'deleted' | null;
}

/** What people are told of an explanation, which decides nothing. */
@Injectable()
export class ExplainRepository {
  /** @param id users.id or service_accounts.id */
  async findSubject(tx: Transaction, id: string): Promise<NamedSubject | null> {
    const [row]: NamedSubject[] = await tx.query(
      `SELECT 'user' AS type, id, tenant_id AS "tenantId", display_name AS "displayName", status, NULL AS "ownerStatus"
         FROM users WHERE id = $1
       UNION ALL
       SELECT 'service_account', s.id, s.tenant_id, s.name, s.status, o.status
         FROM service_accounts s JOIN users o ON o.id = s.owner_user_id WHERE s.id = $1`,
      [id],
    );
    return row ?? null;
  }

  /** @param holderIds users.id and groups.id */
  findEligible(tx: Transaction, holderIds: readonly string[]): Promise<EligibleFacts[]> {
    return tx.query(
      `SELECT id, CASE WHEN user_id IS NULL THEN 'group' ELSE 'user' END AS "holderType",
              coalesce(user_id, group_id) AS "holderId", role_id AS "roleId", scope,
              (extract(epoch FROM valid_from) * 1000)::float8 AS "validFrom",
              (extract(epoch FROM valid_until) * 1000)::float8 AS "validUntil"
         FROM eligible_assignments
        WHERE user_id = ANY($1::uuid[]) OR group_id = ANY($1::uuid[]) ORDER BY id`,
      [holderIds],
    );
  }

  /** Why assignments, eligible ones included, were made; by id, those that are gone absent. */
  async findReasons(tx: Transaction, ids: readonly string[]): Promise<Map<string, string>> {
    const rows: { id: string; reason: string }[] = await tx.query(
      `SELECT id, reason FROM role_assignments WHERE id = ANY($1::uuid[])
       UNION ALL SELECT id, reason FROM eligible_assignments WHERE id = ANY($1::uuid[])`,
      [ids],
    );
    return new Map(rows.map(({ id, reason }) => [id, reason]));
  }

  /** Names of groups by id, those that are gone absent. */
  async findGroupNames(tx: Transaction, ids: readonly string[]): Promise<Map<string, string>> {
    const rows: { id: string; name: string }[] = await tx.query(
      'SELECT id, display_name AS name FROM groups WHERE id = ANY($1::uuid[])',
      [ids],
    );
    return new Map(rows.map(({ id, name }) => [id, name]));
  }
}
