import { Column, CreateDateColumn, Entity, PrimaryColumn, UpdateDateColumn } from 'typeorm';
import type { OutboxEventType } from '../outbox/outbox.events.js';
import type { Severity } from './severity.js';

/** A receiver of webhooks and what it wants to be told. */
@Entity('webhook_endpoints')
export class WebhookEndpoint {
  @PrimaryColumn('uuid')
  id: string;

  /** Only events of this tenant, and those of the installation; null for all. */
  @Column('uuid', { name: 'tenant_id', nullable: true })
  tenantId: string | null;

  /** A secret, sealed: whoever knows the URL of a receiver can often write to it. */
  @Column('bytea', { name: 'sealed_url' })
  sealedUrl: Buffer;

  @Column('text')
  description: string;

  /** Empty for all. */
  @Column('text', { name: 'event_types', array: true })
  eventTypes: OutboxEventType[];

  /** Of drift.changes.detected only what is at least so grave. */
  @Column('text', { name: 'min_severity' })
  minSeverity: Severity;

  /** Only events of these tenants, and those of the installation; empty for all. */
  @Column('uuid', { name: 'tenant_ids', array: true })
  tenantIds: string[];

  /** Of drift only what changed on these; empty for all. */
  @Column('text', { name: 'resource_types', array: true })
  resourceTypes: string[];

  /** Of drift only what concerns these; empty for all. */
  @Column('text', { array: true })
  controls: string[];

  /** How often a digest tells of drift under the threshold; null for never. */
  @Column('integer', { name: 'digest_interval_seconds', nullable: true })
  digestIntervalSeconds: number | null;

  @Column('text')
  status: 'enabled' | 'disabled';

  /** Why it was disabled other than by hand. */
  @Column('text', { name: 'disabled_reason', nullable: true })
  disabledReason: string | null;

  /** 32 random bytes, sealed for this row. Read only to sign. */
  @Column('bytea', { name: 'sealed_secret', select: false })
  sealedSecret: Buffer;

  /** The secret of before the last rotation, sealed for its own column. Read only to sign. */
  @Column('bytea', { name: 'previous_sealed_secret', nullable: true, select: false })
  previousSealedSecret: Buffer | null;

  /** Until when messages are signed with both. */
  @Column('timestamptz', { name: 'previous_secret_until', nullable: true })
  previousSecretUntil: Date | null;

  /** Attempts that failed since the last that succeeded. Like what follows it's the deliveries' and no part of the version. */
  @Column({ type: 'integer', insert: false, update: false })
  failures: number;

  @Column({ type: 'timestamptz', name: 'failing_since', nullable: true, insert: false, update: false })
  failingSince: Date | null;

  @Column('integer')
  version: number;

  @CreateDateColumn({ name: 'created_at', type: 'timestamptz' })
  createdAt: Date;

  @UpdateDateColumn({ name: 'updated_at', type: 'timestamptz' })
  updatedAt: Date;
}
