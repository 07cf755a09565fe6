import { Column, Entity, PrimaryColumn } from 'typeorm';
import type { ResourceType } from '../resource-types/resource-type.types.js';

/** What is set aside before it is found, until a time. A rule is withdrawn and never changed. */
@Entity('drift_ignore_rules')
export class DriftIgnoreRule {
  @PrimaryColumn('uuid')
  id: string;

  @Column('uuid', { name: 'tenant_id' })
  tenantId: string;

  @Column('text', { name: 'resource_type' })
  resourceType: ResourceType;

  @Column('text', { name: 'resource_key', nullable: true })
  resourceKey: string | null;

  @Column('text', { name: 'path_pattern', nullable: true })
  pathPattern: string | null;

  @Column('text')
  reason: string;

  @Column('timestamptz')
  until: Date;

  @Column('text', { name: 'created_by_id' })
  createdById: string;

  @Column('text', { name: 'created_by_name' })
  createdByName: string;

  @Column({ type: 'timestamptz', name: 'created_at', insert: false, update: false })
  createdAt: Date;

  @Column('timestamptz', { name: 'withdrawn_at', nullable: true })
  withdrawnAt: Date | null;

  @Column('integer')
  version: number;
}
