import { Column, Entity, PrimaryColumn } from 'typeorm';
import type { Severity } from '../report/drift-report.types.js';

/** A rule that holds otherwise than it comes, for one tenant. */
@Entity('drift_rule_overrides')
export class DriftRuleOverride {
  @PrimaryColumn('uuid', { name: 'tenant_id' })
  tenantId: string;

  @PrimaryColumn('text', { name: 'rule_id' })
  ruleId: string;

  @Column('boolean')
  disabled: boolean;

  @Column('text', { nullable: true })
  severity: Severity | null;

  /** JSON: numbers by the names of the rule's parameters. */
  @Column('text')
  parameters: string;

  @Column('text')
  reason: string;

  @Column('timestamptz', { nullable: true })
  until: Date | null;

  @Column('text', { name: 'set_by_id' })
  setById: string;

  @Column('text', { name: 'set_by_name' })
  setByName: string;

  @Column({ type: 'timestamptz', name: 'set_at', insert: false, update: false })
  setAt: Date;

  @Column('integer')
  version: number;
}
