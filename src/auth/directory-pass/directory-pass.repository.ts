import { Injectable } from '@nestjs/common';
import type { Transaction } from '../../database/transaction-runner.js';

/** Somebody about whom Entra ID is asked. */
export interface WatchedPerson {
  /** users.id */
  id: string;
  /** tenants.id */
  tenantId: string;
  /** Entra's object id. */
  objectId: string;
  displayName: string;
}

/** Who has something to lose: a read model over the tables of three rooms, like that of the standings. */
@Injectable()
export class DirectoryPassRepository {
  /** People of a tenant with a session that stands or a service account that is active, by id. */
  findPeople(tx: Transaction, tenantId: string, limit: number, afterId: string | null): Promise<WatchedPerson[]> {
    return tx.query(
      `SELECT u.id, u.tenant_id AS "tenantId", u.object_id AS "objectId", u.display_name AS "displayName"
         FROM users u
        WHERE u.tenant_id = $1 AND u.status = 'active' AND u.object_id IS NOT NULL AND ($2::uuid IS NULL OR u.id > $2)
          AND (EXISTS (SELECT FROM user_sessions s
                        WHERE s.user_id = u.id AND s.security_stamp = u.security_stamp AND s.ended_at IS NULL
                          AND least(s.expires_at, s.idle_expires_at) > clock_timestamp())
            OR EXISTS (SELECT FROM service_accounts a WHERE a.owner_user_id = u.id AND a.status = 'active'))
        ORDER BY u.id LIMIT $3`,
      [tenantId, afterId, limit],
    );
  }
}
