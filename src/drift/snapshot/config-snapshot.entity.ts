import { Column, Entity, PrimaryColumn } from 'typeorm';
import { COUNTED } from './bigint-column.js';

/** The header of one scan. What the tenant held then is in the intervals of config_versions that contain its sequence. */
@Entity('config_snapshots')
export class ConfigSnapshot {
  @PrimaryColumn('uuid')
  id: string;

  @Column('uuid', { name: 'tenant_id' })
  tenantId: string;

  /** job_slots.id of the scan. */
  @Column('uuid', { name: 'slot_id' })
  slotId: string;

  /** Counts the tenant's snapshots from 1. */
  @Column('bigint', { transformer: COUNTED })
  sequence: number;

  /** When the reading began, by the database's clock. */
  @Column('timestamptz', { name: 'taken_at' })
  takenAt: Date;

  @Column('integer', { name: 'normaliser_version' })
  normaliserVersion: number;

  /** Whether every type was read completely. */
  @Column('boolean')
  complete: boolean;

  /** config_blobs.hash of how each type ended; the same for every scan that ended the same. */
  @Column('bytea', { name: 'types_hash' })
  typesHash: Buffer;
}
