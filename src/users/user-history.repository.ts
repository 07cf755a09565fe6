import { Injectable } from '@nestjs/common';
import type { Transaction } from '../database/transaction-runner.js';

/** Knows which records of the trail are about a user; what they say is the trail's to tell. */
@Injectable()
export class UserHistoryRepository {
  /**
   * Newest first: of the user, of all assignments and activations that they ever had, and of their sessions. That a session was
   * refreshed every quarter of an hour would bury the rest; the trail has it.
   *
   * @param userId users.id
   * @returns audit_events.id
   */
  async findPage(tx: Transaction, userId: string, limit: number, beforeId: string | null): Promise<string[]> {
    const rows = await tx.query<{ id: string }[]>(
      `WITH own (type, id) AS (
         SELECT 'user', $1::uuid::text
         UNION SELECT 'assignment', key FROM access_history WHERE holder = $1 AND kind = 'assignment'
         UNION SELECT 'eligible-assignment', id::text FROM eligible_assignments WHERE user_id = $1
         UNION SELECT 'activation', id::text FROM role_activations WHERE user_id = $1
         UNION SELECT 'session', id::text FROM user_sessions WHERE user_id = $1
       )
       SELECT e.id FROM own, LATERAL (
         SELECT id FROM audit_events
          WHERE target_id = own.id AND target_type = own.type AND action <> 'auth.session.refreshed'
            AND ($2::uuid IS NULL OR id < $2)
          ORDER BY id DESC LIMIT $3
       ) e ORDER BY e.id DESC LIMIT $3`,
      [userId, beforeId, limit],
    );
    return rows.map(({ id }) => id);
  }
}
