import { Column, CreateDateColumn, Entity, PrimaryColumn } from 'typeorm';

/** One refresh token of a family, by its hash. A used one stays, so that its return is recognised (RFC 9700 4.14.2). */
@Entity('refresh_tokens')
export class RefreshToken {
  @PrimaryColumn('uuid')
  id: string;

  @Column('uuid', { name: 'session_id' })
  sessionId: string;

  @Column('uuid', { name: 'family_id' })
  familyId: string;

  /** How many rotations it is away from the sign-in. */
  @Column('integer')
  generation: number;

  /** SHA-256 of the token. */
  @Column('bytea', { name: 'token_hash', unique: true })
  tokenHash: Buffer;

  @CreateDateColumn({ name: 'issued_at', type: 'timestamptz' })
  issuedAt: Date;

  @Column('timestamptz', { name: 'expires_at' })
  expiresAt: Date;

  @Column('timestamptz', { name: 'used_at', nullable: true })
  usedAt: Date | null;

  @Column('uuid', { name: 'successor_id', nullable: true })
  successorId: string | null;

  /** The successor under a key that only the holder of this token can derive. */
  @Column('bytea', { name: 'successor_sealed', nullable: true })
  successorSealed: Buffer | null;
}
