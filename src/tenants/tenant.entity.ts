import { Column, CreateDateColumn, Entity, PrimaryColumn, UpdateDateColumn } from 'typeorm';

/** An Entra tenant that is watched and whose people may sign in. */
@Entity('tenants')
export class Tenant {
  @PrimaryColumn('uuid')
  id: string;

  /** Entra's directory id (claim `tid`). */
  @Column('uuid', { name: 'entra_tenant_id', unique: true })
  entraTenantId: string;

  @Column('text', { name: 'display_name' })
  displayName: string;

  /** Whether its people may sign in here. */
  @Column('boolean', { name: 'sign_in_allowed' })
  signInAllowed: boolean;

  @Column('boolean', { name: 'scan_enabled' })
  scanEnabled: boolean;

  @Column('integer', { name: 'scan_interval_seconds' })
  scanIntervalSeconds: number;

  /** Object ids of the accounts that policies exclude on purpose (emergency access). */
  @Column('text', { name: 'break_glass_object_ids', array: true })
  breakGlassObjectIds: string[];

  /** Whether what settles high and critical drift needs a second person. */
  @Column('boolean', { name: 'second_person', default: false })
  secondPerson: boolean;

  /** Whether the service may carry out approved plans that restore the baseline, with the permissions that it has there. */
  @Column('boolean', { name: 'remediation_enabled', default: false })
  remediationEnabled: boolean;

  @Column('integer')
  version: number;

  /** Counts the changes of what it is read with (TenantConnection). */
  @Column('integer', { name: 'connection_version', default: 0 })
  connectionVersion: number;

  @CreateDateColumn({ name: 'created_at', type: 'timestamptz' })
  createdAt: Date;

  @UpdateDateColumn({ name: 'updated_at', type: 'timestamptz' })
  updatedAt: Date;
}
