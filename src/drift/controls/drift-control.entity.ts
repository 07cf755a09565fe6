import { Column, Entity, PrimaryColumn } from 'typeorm';
import type { ControlVerdict } from '../report/drift-report.types.js';
import { COUNTED } from '../snapshot/bigint-column.js';

/** What a control came to, from one report up to the one that says otherwise. */
@Entity('drift_controls')
export class DriftControl {
  @PrimaryColumn('uuid')
  id: string;

  @Column('uuid', { name: 'tenant_id' })
  tenantId: string;

  @Column('text', { name: 'control_id' })
  controlId: string;

  /** Where it stands in the catalogue. */
  @Column('integer')
  position: number;

  /** Sequence of the first report that says so. */
  @Column('bigint', { name: 'first_report', transformer: COUNTED })
  firstReport: number;

  /** Sequence of the first report that says otherwise; null while it stands. */
  @Column('bigint', { name: 'closed_report', nullable: true, transformer: COUNTED })
  closedReport: number | null;

  @Column('text', { name: 'baseline_verdict' })
  baselineVerdict: ControlVerdict;

  @Column('text')
  verdict: ControlVerdict;

  /** The verdict before this one; null for the first. */
  @Column('text', { name: 'previous_verdict', nullable: true })
  previousVerdict: ControlVerdict | null;

  /** The newest verdict, this one included, that was one; null while there was none. */
  @Column('text', { name: 'last_assessed', nullable: true })
  lastAssessed: 'met' | 'not-met' | null;

  /** When the tenant was read that had this verdict first. */
  @Column('timestamptz')
  since: Date;

  /** SHA-256 of what is sealed. */
  @Column('bytea', { name: 'finding_hash' })
  findingHash: Buffer;

  /** Sealed JSON of reason and evidence, which name the tenant's objects and hold their values. */
  @Column('bytea', { name: 'sealed_finding' })
  sealedFinding: Buffer;
}
