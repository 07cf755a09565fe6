import { Injectable } from '@nestjs/common';
import type { Transaction } from '../../database/transaction-runner.js';

/** A token for SCIM that stands, and whose service account and owner do. */
export interface ScimTokenStanding {
  credentialId: string;
  serviceAccountId: string;
  displayName: string;
  tenantId: string;
}

@Injectable()
export class ScimTokensRepository {
  /** In one statement, so that it is true of one moment. An account that takes only bound tokens has none: this one isn't bound. */
  async findStanding(tx: Transaction, secretHash: Buffer): Promise<ScimTokenStanding | null> {
    const [row]: ScimTokenStanding[] = await tx.query(
      `SELECT c.id AS "credentialId", a.id AS "serviceAccountId", a.name AS "displayName", a.tenant_id AS "tenantId"
         FROM service_account_credentials c
         JOIN service_accounts a ON a.id = c.service_account_id AND a.status = 'active' AND NOT a.dpop_required
         JOIN users o ON o.id = a.owner_user_id AND o.status = 'active'
         JOIN tenants t ON t.id = a.tenant_id AND t.sign_in_allowed
        WHERE c.kind = 'scim_token' AND c.secret_hash = $1
          AND c.revoked_at IS NULL AND c.expires_at > clock_timestamp()`,
      [secretHash],
    );
    return row ?? null;
  }
}
