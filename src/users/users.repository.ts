import { Injectable } from '@nestjs/common';
import type { Transaction } from '../database/transaction-runner.js';
import { newId } from '../kernel/ids/ids.js';
import { User } from './user.entity.js';
import type { SignedInPerson, UserAccount, UserStatus } from './users.types.js';

/** Of a user `u`: a directory says more of the account than that it is there, and nobody else writes its names. */
export const DESCRIBED = `(u.external_id IS NOT NULL OR u.object_id IS NULL OR u.sealed_profile IS NOT NULL)`;

/** $1: tenants.id, $2: the name, $3: whose it may be. */
const BEARS_NAME = `u.tenant_id = $1 AND lower(u.user_principal_name) = lower($2) AND u.status <> 'deleted'
  AND u.object_id IS DISTINCT FROM $3::uuid`;

@Injectable()
export class UsersRepository {
  findById(tx: Transaction, id: string): Promise<UserAccount | null> {
    return tx.findOneBy(User, { id });
  }

  /** The user, whom nobody changes until the transaction ends. */
  hold(tx: Transaction, id: string): Promise<UserAccount | null> {
    return tx.findOne(User, { where: { id }, lock: { mode: 'pessimistic_read' } });
  }

  findByObjectId(tx: Transaction, tenantId: string, objectId: string): Promise<UserAccount | null> {
    return tx.findOneBy(User, { tenantId, objectId });
  }

  /** Display names aren't unique: an operator who names a person by one gets every match. */
  findNamed(tx: Transaction, name: string): Promise<UserAccount[]> {
    return tx
      .createQueryBuilder(User, 'u')
      .where(
        "u.status <> 'deleted' AND (u.id::text = :name OR u.object_id::text = :name OR lower(u.user_principal_name) = :name)",
        {
          name: name.toLowerCase(),
        },
      )
      .orderBy('u.id')
      .take(2)
      .getMany();
  }

  /**
   * Names and external ids of a tenant are given one at a time: then nobody gives the same one meanwhile. Taken after the lock of changes
   * of access and before any row.
   */
  async lockNames(tx: Transaction, tenantId: string): Promise<void> {
    await tx.query(`SELECT pg_advisory_xact_lock(hashtextextended('users.names:' || $1, 0))`, [tenantId]);
  }

  /** Whether a directory keeps the account's names by SCIM. */
  async isDescribed(tx: Transaction, id: string): Promise<boolean> {
    const rows: unknown[] = await tx.query(`SELECT 1 FROM users u WHERE u.id = $1 AND ${DESCRIBED}`, [id]);
    return rows.length > 0;
  }

  /** Takes a user principal name from everybody but the one of this object id, as far as no directory gave it to them. */
  async releaseName(tx: Transaction, tenantId: string, name: string, objectId: string): Promise<void> {
    await tx.query(
      `UPDATE users u SET user_principal_name = NULL, version = version + 1, updated_at = now()
        WHERE ${BEARS_NAME} AND NOT ${DESCRIBED}`,
      [tenantId, name, objectId],
    );
  }

  /** Whether anybody but the one of this object id has the user principal name. */
  async isNameTaken(tx: Transaction, tenantId: string, name: string, objectId: string): Promise<boolean> {
    const rows: unknown[] = await tx.query(`SELECT 1 FROM users u WHERE ${BEARS_NAME} LIMIT 1`, [
      tenantId,
      name,
      objectId,
    ]);
    return rows.length > 0;
  }

  /** Creates the account unless it is there; of two first sign-ins at once one creates it. @returns users.id, or null */
  async insertIfAbsent(tx: Transaction, person: SignedInPerson): Promise<string | null> {
    const { raw } = await tx
      .createQueryBuilder()
      .insert()
      .into(User)
      .values({ id: newId(), status: 'active', securityStamp: 1, version: 1, ...person })
      .orIgnore()
      .returning('id')
      .execute();
    return (raw as { id: string }[])[0]?.id ?? null;
  }

  /** What Entra ID says now, unless a directory keeps the names: then, and where it is nothing new, the version stays. */
  async updateNames(tx: Transaction, id: string, person: SignedInPerson): Promise<void> {
    await tx.query(
      `UPDATE users u SET display_name = $2, user_principal_name = $3, email = $4, version = version + 1, updated_at = now()
        WHERE u.id = $1 AND NOT ${DESCRIBED}
          AND (u.display_name, u.user_principal_name, u.email) IS DISTINCT FROM ($2::text, $3::text, $4::text)`,
      [id, person.displayName, person.userPrincipalName, person.email],
    );
  }

  /** Nothing of it is shown under the version, so that this and the time of the last change stay. */
  async noteSignIn(tx: Transaction, id: string): Promise<void> {
    await tx.update(User, { id }, { lastSignInAt: () => 'now()', updatedAt: () => 'updated_at' });
  }

  /** @returns whether it moved: it never goes back */
  async raiseEntraValidFrom(tx: Transaction, id: string, moment: Date): Promise<boolean> {
    const { affected } = await tx
      .createQueryBuilder()
      .update(User)
      .set({ entraValidFrom: moment, updatedAt: () => 'updated_at' })
      .where('id = :id AND (entra_valid_from IS NULL OR entra_valid_from < :moment)', { id, moment })
      .execute();
    return affected === 1;
  }

  /**
   * Keeps who it was and forgets how to reach them; what was issued to them ends.
   *
   * @returns null when the user no longer has the version that was read
   */
  async markDeleted(tx: Transaction, id: string, version: number): Promise<UserAccount | null> {
    const { affected } = await tx.update(
      User,
      { id, version },
      {
        status: 'deleted',
        deletedAt: () => 'now()',
        sealedProfile: null,
        email: null,
        version: version + 1,
        securityStamp: () => 'security_stamp + 1',
        securityStampRaisedAt: () => 'clock_timestamp()',
      },
    );
    return affected === 1 ? this.findById(tx, id) : null;
  }

  /** From the groups that hold users by their id. @returns how many there were */
  async leaveGroups(tx: Transaction, id: string): Promise<number> {
    const rows: unknown[] = await tx.query(
      `WITH gone AS (DELETE FROM group_members WHERE user_id = $1 RETURNING group_id)
       SELECT group_id FROM gone`,
      [id],
    );
    return rows.length;
  }

  /** Changes the status and ends whatever was issued before, if the user still has the version that was read. */
  async updateStatus(tx: Transaction, id: string, version: number, status: UserStatus): Promise<UserAccount | null> {
    const { affected } = await tx.update(
      User,
      { id, version },
      {
        status,
        version: version + 1,
        securityStamp: () => 'security_stamp + 1',
        securityStampRaisedAt: () => 'clock_timestamp()',
      },
    );
    return affected === 1 ? this.findById(tx, id) : null;
  }
}
