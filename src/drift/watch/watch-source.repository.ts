import { Injectable } from '@nestjs/common';
import type { Transaction } from '../../database/transaction-runner.js';

/** A tenant's settings as far as they decide what is told of it, and the database's clock. */
export interface TenantSetting {
  id: string;
  displayName: string;
  signInAllowed: boolean;
  scanEnabled: boolean;
  scanIntervalSeconds: number;
  secondPerson: boolean;
  remediationEnabled: boolean;
  breakGlassObjectIds: string[];
  now: Date;
}

@Injectable()
export class WatchSourceRepository {
  async findTenant(tx: Transaction, entraTenantId: string): Promise<TenantSetting | null> {
    const rows: TenantSetting[] = await tx.query(
      `SELECT id, display_name AS "displayName", sign_in_allowed AS "signInAllowed", scan_enabled AS "scanEnabled",
              scan_interval_seconds AS "scanIntervalSeconds", second_person AS "secondPerson",
              remediation_enabled AS "remediationEnabled", break_glass_object_ids AS "breakGlassObjectIds", now() AS now
         FROM tenants WHERE entra_tenant_id = $1`,
      [entraTenantId],
    );
    return rows[0] ?? null;
  }
}
