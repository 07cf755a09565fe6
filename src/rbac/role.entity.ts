import { Column, CreateDateColumn, Entity, PrimaryColumn, UpdateDateColumn } from 'typeorm';

/** A named set of permissions, its own and those of the roles it inherits from. */
@Entity('roles')
export class Role {
  @PrimaryColumn('uuid')
  id: string;

  @Column('text', { unique: true })
  name: string;

  @Column('text')
  description: string;

  /** Written from the code at start; nobody changes it here. */
  @Column('boolean', { name: 'is_system' })
  isSystem: boolean;

  /** How long an activation of it may last. */
  @Column('integer', { name: 'activation_max_seconds' })
  activationMaxSeconds: number;

  /** Whether an activation waits for somebody else's approval. */
  @Column('boolean', { name: 'activation_needs_approval' })
  activationNeedsApproval: boolean;

  @Column('integer')
  version: number;

  @CreateDateColumn({ name: 'created_at', type: 'timestamptz' })
  createdAt: Date;

  @UpdateDateColumn({ name: 'updated_at', type: 'timestamptz' })
  updatedAt: Date;
}
