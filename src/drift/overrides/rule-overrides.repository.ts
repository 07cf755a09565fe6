import { Injectable } from '@nestjs/common';
import type { Transaction } from '../../database/transaction-runner.js';
import { DriftRuleOverride } from './rule-override.entity.js';
import type { RuleChange, RuleOverride } from './rule-override.types.js';

export interface SetOverride extends RuleChange {
  tenantId: string;
  setById: string;
  setByName: string;
}

@Injectable()
export class RuleOverridesRepository {
  async findAll(tx: Transaction, tenantId: string): Promise<RuleOverride[]> {
    const rows = await tx.find(DriftRuleOverride, { where: { tenantId }, order: { ruleId: 'ASC' } });
    return rows.map(overrideOf);
  }

  /** Waits for whoever is changing it. */
  async lock(tx: Transaction, tenantId: string, ruleId: string): Promise<RuleOverride | null> {
    const row = await tx.findOne(DriftRuleOverride, {
      where: { tenantId, ruleId },
      lock: { mode: 'pessimistic_write' },
    });
    return row === null ? null : overrideOf(row);
  }

  /** Writes what holds from now on, whatever was there. */
  async put(tx: Transaction, set: SetOverride): Promise<RuleOverride> {
    await tx.query(
      `INSERT INTO drift_rule_overrides
         (tenant_id, rule_id, disabled, severity, parameters, reason, until, set_by_id, set_by_name, version)
       VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, 1)
       ON CONFLICT ON CONSTRAINT pk_drift_rule_overrides DO UPDATE SET
         disabled = excluded.disabled, severity = excluded.severity, parameters = excluded.parameters,
         reason = excluded.reason, until = excluded.until, set_by_id = excluded.set_by_id,
         set_by_name = excluded.set_by_name, set_at = now(), version = drift_rule_overrides.version + 1`,
      [
        set.tenantId,
        set.ruleId,
        set.disabled,
        set.severity,
        JSON.stringify(set.parameters),
        set.reason,
        set.until,
        set.setById,
        set.setByName,
      ],
    );
    const { tenantId, ruleId } = set;
    return overrideOf(await tx.findOneByOrFail(DriftRuleOverride, { tenantId, ruleId }));
  }

  async remove(tx: Transaction, tenantId: string, ruleId: string): Promise<void> {
    await tx.delete(DriftRuleOverride, { tenantId, ruleId });
  }

  async now(tx: Transaction): Promise<Date> {
    const rows: { now: Date }[] = await tx.query('SELECT now() AS now');
    return rows[0]?.now ?? new Date();
  }
}

function overrideOf(row: DriftRuleOverride): RuleOverride {
  return { ...row, parameters: JSON.parse(row.parameters) as Record<string, number> };
}
