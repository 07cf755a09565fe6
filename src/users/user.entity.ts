import { Column, CreateDateColumn, Entity, PrimaryColumn, Unique, UpdateDateColumn } from 'typeorm';

/** A person of an Entra tenant. Keyed by (tenant, object id); the names are for display and match nobody. */
@Entity('users')
@Unique('uq_users_tenant_id_object_id', ['tenantId', 'objectId'])
export class User {
  @PrimaryColumn('uuid')
  id: string;

  /** tenants.id */
  @Column('uuid', { name: 'tenant_id' })
  tenantId: string;

  /** Entra's object id (claim `oid`); null for somebody who was provisioned without one. */
  @Column('uuid', { name: 'object_id', nullable: true })
  objectId: string | null;

  /** Personal data, in clear: people are found and sorted by it. */
  @Column('text', { name: 'display_name' })
  displayName: string;

  /** Personal data, in clear: people are found by it. */
  @Column('text', { name: 'user_principal_name', nullable: true })
  userPrincipalName: string | null;

  /** Personal data, in clear: people are found by it. */
  @Column('text', { nullable: true })
  email: string | null;

  /** Personal data, sealed: what a directory says of the person beyond the names, as JSON; null when it says nothing. */
  @Column('bytea', { name: 'sealed_profile', nullable: true, select: false })
  sealedProfile: Buffer | null;

  @Column('text')
  status: 'active' | 'disabled' | 'deleted';

  /** Set exactly while the status is `deleted`. The row stays, so that what the person did stays readable. */
  @Column('timestamptz', { name: 'deleted_at', nullable: true })
  deletedAt: Date | null;

  /** Raised to end everything that was issued to the user before; a session keeps the number it began with. */
  @Column('integer', { name: 'security_stamp' })
  securityStamp: number;

  /** When it was last raised; tokens of Entra that were issued before are refused. */
  @Column('timestamptz', { name: 'security_stamp_raised_at', nullable: true })
  securityStampRaisedAt: Date | null;

  /** Tokens of Entra that were issued before are refused: Entra disabled, deleted or signed out the person then. */
  @Column('timestamptz', { name: 'entra_valid_from', nullable: true })
  entraValidFrom: Date | null;

  @Column('timestamptz', { name: 'last_sign_in_at', nullable: true })
  lastSignInAt: Date | null;

  /**
   * Counts changes of what is shown of the account. Signing in raises it only with another name or address, or somebody could sign in
   * to keep from being disabled.
   */
  @Column('integer')
  version: number;

  @CreateDateColumn({ name: 'created_at', type: 'timestamptz' })
  createdAt: Date;

  @UpdateDateColumn({ name: 'updated_at', type: 'timestamptz' })
  updatedAt: Date;
}
