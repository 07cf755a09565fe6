import { Column, CreateDateColumn, Entity, Index, PrimaryColumn } from 'typeorm';
import type { JsonObject } from '../crypto/canonical-json.js';

/** By what a service account proves itself: a secret, of which only the digest is kept, or a public key. */
@Entity('service_account_credentials')
export class ServiceAccountCredentialRow {
  @PrimaryColumn('uuid')
  id: string;

  @Index('ix_service_account_credentials_service_account_id')
  @Column('uuid', { name: 'service_account_id' })
  serviceAccountId: string;

  @Column('text')
  kind: 'secret' | 'public_key' | 'scim_token';

  /** SHA-256 of the whole secret; 256 random bits need no slow hash. */
  @Column('bytea', { name: 'secret_hash', nullable: true })
  secretHash: Buffer | null;

  @Column('jsonb', { name: 'public_jwk', nullable: true })
  publicJwk: JsonObject | null;

  @CreateDateColumn({ name: 'created_at', type: 'timestamptz' })
  createdAt: Date;

  @Column('timestamptz', { name: 'expires_at' })
  expiresAt: Date;

  @Column('timestamptz', { name: 'revoked_at', nullable: true })
  revokedAt: Date | null;

  /** To the minute. */
  @Column('timestamptz', { name: 'last_used_at', nullable: true })
  lastUsedAt: Date | null;
}
