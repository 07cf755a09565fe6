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

  @Column('text')
  status: 'enabled' | 'disabled';

  /** Why it was disabled other than by hand. */
  @Column('text', { name: 'disabled_reason', nullable: true })
  disabledReason: string | null;

  /** 32 random bytes, sealed for this row. Read only to sign. */
  @Column('bytea', { name: 'sealed_secret', select: false })
  sealedSecret: Buffer;

  @Column('integer')
  version: number;

  @CreateDateColumn({ name: 'created_at', type: 'timestamptz' })
  createdAt: Date;

  @UpdateDateColumn({ name: 'updated_at', type: 'timestamptz' })
  updatedAt: Date;
}
