import { Column, CreateDateColumn, Entity, Index, PrimaryColumn, Unique, UpdateDateColumn } from 'typeorm';

/** A program with an account of its own. It has an owner, and ends with them unless it is handed over. */
@Entity('service_accounts')
@Unique('uq_service_accounts_tenant_id_name', ['tenantId', 'name'])
export class ServiceAccountRow {
  /** Also its OAuth client id. */
  @PrimaryColumn('uuid')
  id: string;

  /** tenants.id of its owner. */
  @Column('uuid', { name: 'tenant_id' })
  tenantId: string;

  @Column('text')
  name: string;

  @Column('text')
  description: string;

  /** users.id */
  @Index('ix_service_accounts_owner_user_id')
  @Column('uuid', { name: 'owner_user_id' })
  ownerUserId: string;

  @Column('text')
  status: 'active' | 'disabled';

  /** Raised to end every token that was issued to it before. */
  @Column('integer', { name: 'security_stamp' })
  securityStamp: number;

  /** Whether it gets only tokens that are bound to a key (RFC 9449). */
  @Column('boolean', { name: 'dpop_required' })
  dpopRequired: boolean;

  @Column('integer')
  version: number;

  @CreateDateColumn({ name: 'created_at', type: 'timestamptz' })
  createdAt: Date;

  @UpdateDateColumn({ name: 'updated_at', type: 'timestamptz' })
  updatedAt: Date;
}
