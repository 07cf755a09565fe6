import { Column, Entity, PrimaryColumn } from 'typeorm';
import type { ChangeWindow } from './change-window.types.js';

/** A row says what was approved as long as it wasn't removed; it is kept, because changes that were made in it stay what they are. */
@Entity('drift_change_windows')
export class DriftChangeWindow implements ChangeWindow {
  @PrimaryColumn('uuid')
  id: string;

  @Column('uuid', { name: 'tenant_id' })
  tenantId: string;

  @Column('text')
  name: string;

  @Column('text')
  zone: string;

  @Column('smallint', { array: true })
  days: number[];

  @Column('smallint', { name: 'start_minute', nullable: true })
  startMinute: number | null;

  @Column('integer', { name: 'duration_minutes', nullable: true })
  durationMinutes: number | null;

  @Column('timestamptz', { name: 'starts_at', nullable: true })
  startsAt: Date | null;

  @Column('timestamptz', { name: 'ends_at', nullable: true })
  endsAt: Date | null;

  @Column('boolean')
  exclusive: boolean;

  @Column('text')
  reason: string;

  @Column('text', { name: 'set_by_id' })
  setById: string;

  @Column('text', { name: 'set_by_name' })
  setByName: string;

  @Column({ type: 'timestamptz', name: 'set_at', insert: false, update: false })
  setAt: Date;

  @Column('timestamptz', { name: 'removed_at', nullable: true })
  removedAt: Date | null;
}
