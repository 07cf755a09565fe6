import { Injectable } from '@nestjs/common';
import type { Transaction } from '../../database/transaction-runner.js';
import { isUuid, newId } from '../../kernel/ids/ids.js';
import { UserProfiles } from '../user-profiles.service.js';
import type { ProvisionedPerson, ProvisionedUser } from './user-provisioning.types.js';

const COLUMNS = `u.id, u.tenant_id AS "tenantId", u.object_id AS "objectId", u.external_id AS "externalId",
  u.user_principal_name AS "userPrincipalName", u.display_name AS "displayName", u.email, u.status, u.version`;

@Injectable()
export class UserProvisioningRepository {
  constructor(private readonly profiles: UserProfiles) {}

  async find(tx: Transaction, id: string): Promise<ProvisionedUser | null> {
    const [row]: ProvisionedUser[] = await tx.query(`SELECT ${COLUMNS} FROM users u WHERE u.id = $1`, [id]);
    return row ?? null;
  }

  /**
   * Users of the tenant, deleted ones too, who have the person's object id or external id, and those who have the name and aren't deleted: the
   * name of somebody deleted may be somebody else's by now. Who has no name is called by the id.
   */
  findAlike(tx: Transaction, tenantId: string, person: ProvisionedPerson): Promise<ProvisionedUser[]> {
    const { objectId, externalId, userPrincipalName } = person;
    return tx.query(
      `SELECT ${COLUMNS} FROM users u
        WHERE tenant_id = $1 AND (object_id = $2 OR external_id = $3
          OR (status <> 'deleted' AND (lower(user_principal_name) = lower($4)
            OR (user_principal_name IS NULL AND id = $5))))
        ORDER BY id`,
      [tenantId, objectId, externalId, userPrincipalName, isUuid(userPrincipalName) ? userPrincipalName : null],
    );
  }

  async insert(tx: Transaction, tenantId: string, person: ProvisionedPerson): Promise<string> {
    const id = newId();
    await tx.query(
      `INSERT INTO users (id, tenant_id, object_id, external_id, user_principal_name, display_name, email, sealed_profile, status,
                          security_stamp, version)
       VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, 1, 1)`,
      [id, tenantId, person.objectId, ...(await this.columnsOf(id, tenantId, person))],
    );
    return id;
  }

  /**
   * Writes what is known of somebody; an object id, once known, stays.
   *
   * @param endsTokens whether everything that was issued to them ends
   * @returns whether they still had the version
   */
  async update(
    tx: Transaction,
    { id, tenantId, version }: ProvisionedUser,
    person: ProvisionedPerson,
    endsTokens: boolean,
  ): Promise<boolean> {
    const rows: unknown = await tx.query(
      `UPDATE users SET object_id = coalesce(object_id, $3), external_id = $4, user_principal_name = $5, display_name = $6,
              email = $7, sealed_profile = $8, status = $9, deleted_at = NULL, version = version + 1, updated_at = now(),
              security_stamp = security_stamp + CASE WHEN $10 THEN 1 ELSE 0 END,
              security_stamp_raised_at = CASE WHEN $10 THEN clock_timestamp() ELSE security_stamp_raised_at END
        WHERE id = $1 AND version = $2`,
      [id, version, person.objectId, ...(await this.columnsOf(id, tenantId, person)), endsTokens],
    );
    return affectedBy(rows) === 1;
  }

  private async columnsOf(id: string, tenantId: string, person: ProvisionedPerson): Promise<unknown[]> {
    const { externalId, userPrincipalName, displayName, email, profile, status } = person;
    return [externalId, userPrincipalName, displayName, email, await this.profiles.seal(id, tenantId, profile), status];
  }
}

/** The driver answers UPDATE and DELETE with the rows and their number. */
function affectedBy(answer: unknown): number {
  return Array.isArray(answer) && typeof answer[1] === 'number' ? answer[1] : 0;
}
