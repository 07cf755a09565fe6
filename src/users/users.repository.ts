import { Injectable } from '@nestjs/common';
import { type FindOptionsWhere, MoreThan } from 'typeorm';
import type { Transaction } from '../database/transaction-runner.js';
import { newId } from '../kernel/ids/ids.js';
import { User } from './user.entity.js';
import type { SignedInPerson, UserAccount, UserFilter, UserStatus } from './users.types.js';

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

  findPage(tx: Transaction, filter: UserFilter, limit: number, afterId: string | null): Promise<UserAccount[]> {
    const where: FindOptionsWhere<User> = {
      ...(filter.tenantId === undefined ? {} : { tenantId: filter.tenantId }),
      ...(filter.status === undefined ? {} : { status: filter.status }),
      ...(afterId === null ? {} : { id: MoreThan(afterId) }),
    };
    return tx.find(User, { where, order: { id: 'ASC' }, take: limit });
  }

  /** Creates the account unless it is there; of two first sign-ins at once one creates it. */
  async insertIfAbsent(tx: Transaction, person: SignedInPerson): Promise<boolean> {
    const { raw } = await tx
      .createQueryBuilder()
      .insert()
      .into(User)
      .values({ id: newId(), status: 'active', securityStamp: 1, version: 1, ...person })
      .orIgnore()
      .returning('id')
      .execute();
    return (raw as unknown[]).length === 1;
  }

  async updateDisplayData(tx: Transaction, id: string, person: SignedInPerson): Promise<void> {
    const { displayName, userPrincipalName, email } = person;
    await tx.update(User, { id }, { displayName, userPrincipalName, email, lastSignInAt: () => 'now()' });
  }

  /** @returns whether it moved: it never goes back */
  async raiseEntraValidFrom(tx: Transaction, id: string, moment: Date): Promise<boolean> {
    const { affected } = await tx
      .createQueryBuilder()
      .update(User)
      .set({ entraValidFrom: moment })
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
        profile: {},
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
