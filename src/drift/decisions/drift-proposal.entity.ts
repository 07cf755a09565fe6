import { Column, Entity, PrimaryColumn } from 'typeorm';
import type { ProposalKind, ProposalStatus } from './proposal.types.js';

/** What one person wants and another has to approve. One that nobody answered in time is over, though its row says pending. */
@Entity('drift_proposals')
export class DriftProposal {
  @PrimaryColumn('uuid')
  id: string;

  @Column('uuid', { name: 'tenant_id' })
  tenantId: string;

  @Column('text')
  kind: ProposalKind;

  /** The change that is to be decided; null for anything else. */
  @Column('uuid', { name: 'subject_id', nullable: true })
  subjectId: string | null;

  /** Of the change or the baseline, as the proposer saw it; null for a rule, and for a tenant's first baseline. */
  @Column('integer', { name: 'subject_version', nullable: true })
  subjectVersion: number | null;

  /** JSON of ProposedContent. */
  @Column('text')
  content: string;

  @Column('text')
  reason: string;

  @Column('text')
  status: ProposalStatus;

  @Column('text', { name: 'proposed_by_id' })
  proposedById: string;

  @Column('text', { name: 'proposed_by_name' })
  proposedByName: string;

  @Column({ type: 'timestamptz', name: 'proposed_at', insert: false, update: false })
  proposedAt: Date;

  @Column('timestamptz', { name: 'expires_at' })
  expiresAt: Date;

  @Column('text', { name: 'decided_by_id', nullable: true })
  decidedById: string | null;

  @Column('text', { name: 'decided_by_name', nullable: true })
  decidedByName: string | null;

  @Column('timestamptz', { name: 'decided_at', nullable: true })
  decidedAt: Date | null;

  @Column('text', { name: 'decision_reason', nullable: true })
  decisionReason: string | null;

  @Column('integer')
  version: number;
}
