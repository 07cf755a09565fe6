import { Column, Entity, PrimaryColumn } from 'typeorm';
import type { AuditAction, AuditOutcome } from './audit.types.js';

/** One record of the trail. The table refuses to change or delete it. */
@Entity('audit_events')
export class AuditEvent {
  /** UUIDv7. */
  @PrimaryColumn('uuid')
  id: string;

  /** By the database's clock at the moment of writing, not of the transaction's start. */
  @Column({ type: 'timestamptz', name: 'occurred_at', insert: false })
  occurredAt: Date;

  @Column('text')
  action: AuditAction;

  @Column('text')
  outcome: AuditOutcome;

  @Column('text', { nullable: true })
  reason: string | null;

  @Column('text', { name: 'actor_type' })
  actorType: 'user' | 'service_account' | 'system' | 'anonymous';

  @Column('text', { name: 'actor_id', nullable: true })
  actorId: string | null;

  @Column('text', { name: 'actor_name', nullable: true })
  actorName: string | null;

  @Column('uuid', { name: 'session_id', nullable: true })
  sessionId: string | null;

  @Column('uuid', { name: 'tenant_id', nullable: true })
  tenantId: string | null;

  @Column('text', { name: 'target_type', nullable: true })
  targetType: string | null;

  @Column('text', { name: 'target_id', nullable: true })
  targetId: string | null;

  @Column('text', { name: 'target_name', nullable: true })
  targetName: string | null;

  @Column('text', { name: 'source_address', nullable: true })
  sourceAddress: string | null;

  @Column('text', { name: 'user_agent', nullable: true })
  userAgent: string | null;

  @Column('text', { name: 'request_id', nullable: true })
  requestId: string | null;

  @Column('text', { name: 'trace_id', nullable: true })
  traceId: string | null;

  /** Canonical JSON. */
  @Column('text', { name: 'state_before', nullable: true })
  stateBefore: string | null;

  /** Canonical JSON. */
  @Column('text', { name: 'state_after', nullable: true })
  stateAfter: string | null;
}
