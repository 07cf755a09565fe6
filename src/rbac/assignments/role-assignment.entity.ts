import { Column, CreateDateColumn, Entity, Index, PrimaryColumn } from 'typeorm';

/** Somebody has a role, or is denied what it holds, on a scope and for a time. */
@Entity('role_assignments')
export class RoleAssignment {
  @PrimaryColumn('uuid')
  id: string;

  @Index('ix_role_assignments_user_id')
  @Column('uuid', { name: 'user_id', nullable: true })
  userId: string | null;

  /** One of the three. */
  @Index('ix_role_assignments_service_account_id')
  @Column('uuid', { name: 'service_account_id', nullable: true })
  serviceAccountId: string | null;

  @Column('uuid', { name: 'group_id', nullable: true })
  groupId: string | null;

  @Index('ix_role_assignments_role_id')
  @Column('uuid', { name: 'role_id' })
  roleId: string;

  /** A path; what is assigned on it holds for everything below. */
  @Column('text')
  scope: string;

  @Column('text')
  effect: 'allow' | 'deny';

  @Column('timestamptz', { name: 'valid_from' })
  validFrom: Date;

  /** Null: until it is removed. */
  @Column('timestamptz', { name: 'valid_until', nullable: true })
  validUntil: Date | null;

  @Column('text')
  reason: string;

  @Column('text', { name: 'assigned_by_type' })
  assignedByType: 'user' | 'service_account' | 'system';

  @Column('text', { name: 'assigned_by_id' })
  assignedById: string;

  @CreateDateColumn({ name: 'created_at', type: 'timestamptz' })
  createdAt: Date;
}
