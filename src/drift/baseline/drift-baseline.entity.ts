import { Column, Entity, PrimaryColumn } from 'typeorm';

/**
 * How a tenant should be: a snapshot that somebody approved, or the version before with single changes (BaselinePins). Versions
 * are added, never changed.
 */
@Entity('drift_baselines')
export class DriftBaseline {
  @PrimaryColumn('uuid')
  id: string;

  @Column('uuid', { name: 'tenant_id' })
  tenantId: string;

  /** Counts the tenant's baselines from 1. */
  @Column('integer')
  version: number;

  /** The version that it replaced; null for the first. */
  @Column('integer', { name: 'base_version', nullable: true })
  baseVersion: number | null;

  /** The changes that make the difference to the version before; empty where a whole snapshot was approved. */
  @Column('uuid', { name: 'change_ids', array: true })
  changeIds: string[];

  /** What it holds beside the pins. */
  @Column('uuid', { name: 'snapshot_id' })
  snapshotId: string;

  /** Whether it was approved although types of the snapshot weren't read completely. */
  @Column('boolean', { name: 'accepted_incomplete' })
  acceptedIncomplete: boolean;

  @Column('text')
  reason: string;

  @Column('text', { name: 'approved_by_id' })
  approvedById: string;

  @Column('text', { name: 'approved_by_name' })
  approvedByName: string;

  @Column({ type: 'timestamptz', name: 'approved_at', insert: false, update: false })
  approvedAt: Date;
}
