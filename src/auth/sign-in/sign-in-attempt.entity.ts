import { Column, CreateDateColumn, Entity, PrimaryColumn } from 'typeorm';

/** A sign-in that was sent to Entra and has not come back. Taken once, by the browser that began it. */
@Entity('sign_in_attempts')
export class SignInAttempt {
  @PrimaryColumn('uuid')
  id: string;

  /** tenants.id whose authority was asked. */
  @Column('uuid', { name: 'tenant_id' })
  tenantId: string;

  @Column('bytea', { name: 'state_hash', unique: true })
  stateHash: Buffer;

  /** SHA-256 of the sign-in cookie. */
  @Column('bytea', { name: 'browser_hash' })
  browserHash: Buffer;

  @Column('text')
  nonce: string;

  @Column('bytea', { name: 'code_verifier_sealed' })
  codeVerifierSealed: Buffer;

  @Column('text', { name: 'return_to' })
  returnTo: string;

  /** The session of this browser that the new one takes the place of. */
  @Column('uuid', { name: 'replaces_session_id', nullable: true })
  replacesSessionId: string | null;

  @CreateDateColumn({ name: 'created_at', type: 'timestamptz' })
  createdAt: Date;

  @Column('timestamptz', { name: 'expires_at' })
  expiresAt: Date;
}
