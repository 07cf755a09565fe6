import { Column, Entity, PrimaryColumn } from 'typeorm';

/** A snapshot that somebody approved as how the tenant should be. Versions are added, never changed. */
@Entity('drift_baselines')
export class DriftBaseline {
  @PrimaryColumn('uuid')
  id: string;

  @Column('uuid', { name: 'tenant_id' })
  tenantId: string;

  /** Counts the tenant's baselines from 1. */
  @Column('integer')
  version: number;

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
