import { Column, Entity, PrimaryColumn } from 'typeorm';
import { COUNTED } from '../snapshot/bigint-column.js';

/** What one scan said: the header. Its changes are those that were live then. */
@Entity('drift_reports')
export class DriftReport {
  @PrimaryColumn('uuid')
  id: string;

  @Column('uuid', { name: 'tenant_id' })
  tenantId: string;

  /** The sequence of its snapshot. */
  @Column('bigint', { transformer: COUNTED })
  sequence: number;

  /** job_slots.id of the scan. */
  @Column('uuid', { name: 'slot_id' })
  slotId: string;

  @Column('uuid', { name: 'snapshot_id' })
  snapshotId: string;

  @Column('text')
  trigger: 'schedule' | 'manual';

  /** Null while no baseline was approved: nothing is compared then. */
  @Column('integer', { name: 'baseline_version', nullable: true })
  baselineVersion: number | null;

  @Column('boolean')
  complete: boolean;

  /** JSON of IncompleteType[]. */
  @Column('text')
  incomplete: string;

  /** JSON of the open and denied changes by severity. */
  @Column('text')
  summary: string;

  /** JSON of the ignored changes by severity. */
  @Column('text', { name: 'ignored_summary' })
  ignoredSummary: string;

  /** Changes that this report is the first to have. */
  @Column('integer')
  opened: number;

  /** Changes that the report before still had. */
  @Column('integer')
  closed: number;

  @Column({ type: 'timestamptz', name: 'created_at', insert: false, update: false })
  createdAt: Date;
}
