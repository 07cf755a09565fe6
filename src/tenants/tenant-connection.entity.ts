import { Column, CreateDateColumn, Entity, PrimaryColumn } from 'typeorm';
import type { ConnectionCloud } from '../entra/clouds.js';
import type { CredentialKind } from './tenant-connection.types.js';

/** The application that a tenant is read with. One that waits for a second person's word is a candidate. */
@Entity('tenant_connections')
export class TenantConnection {
  @PrimaryColumn('uuid')
  id: string;

  @Column('uuid', { name: 'tenant_id' })
  tenantId: string;

  @Column('text')
  state: 'candidate' | 'active';

  @Column('uuid', { name: 'client_id' })
  clientId: string;

  /** Null: the one that the installation's settings name. */
  @Column('text', { nullable: true })
  cloud: ConnectionCloud | null;

  @Column('text')
  kind: CredentialKind;

  /** The secret, or the certificate with its private key; null where the operator's settings name the credential. */
  @Column('bytea', { name: 'sealed_credential', nullable: true })
  sealedCredential: Buffer | null;

  @Column('text', { nullable: true })
  fingerprint: string | null;

  @Column('timestamptz', { name: 'expires_at', nullable: true })
  expiresAt: Date | null;

  /** Who set it, as people are named. */
  @Column('text', { name: 'set_by' })
  setBy: string;

  @CreateDateColumn({ name: 'created_at', type: 'timestamptz' })
  createdAt: Date;
}
