import { Column, CreateDateColumn, Entity, PrimaryColumn } from 'typeorm';

/** One sign-in of one person in one browser or program. */
@Entity('user_sessions')
export class UserSession {
  @PrimaryColumn('uuid')
  id: string;

  @Column('uuid', { name: 'user_id' })
  userId: string;

  /** The user's security stamp when the session began; when the user's is higher, the session is over. */
  @Column('integer', { name: 'security_stamp' })
  securityStamp: number;

  @Column('text', { name: 'client_id' })
  clientId: string;

  /** Names of permissions that its tokens are narrowed to; null: everything. */
  @Column('text', { nullable: true })
  scope: string | null;

  /** Thumbprint of the sender's key that it is bound to (RFC 9449 6.1); null: bearer tokens. */
  @Column('text', { name: 'dpop_jkt', nullable: true })
  dpopJkt: string | null;

  /** Entra's `sid`, for front-channel and back-channel logout. */
  @Column('text', { name: 'entra_session_id', nullable: true })
  entraSessionId: string | null;

  /** Entra's pairwise `sub`, for back-channel logout. */
  @Column('text', { name: 'entra_subject', nullable: true })
  entraSubject: string | null;

  /** Personal data, sealed: source address and user agent, as JSON. */
  @Column('bytea', { name: 'sealed_device', nullable: true })
  sealedDevice: Buffer | null;

  @CreateDateColumn({ name: 'created_at', type: 'timestamptz' })
  createdAt: Date;

  @Column('timestamptz', { name: 'last_seen_at' })
  lastSeenAt: Date;

  /** Absolute end. */
  @Column('timestamptz', { name: 'expires_at' })
  expiresAt: Date;

  /** End unless it is refreshed before. */
  @Column('timestamptz', { name: 'idle_expires_at' })
  idleExpiresAt: Date;

  @Column('timestamptz', { name: 'ended_at', nullable: true })
  endedAt: Date | null;

  @Column('text', { name: 'ended_reason', nullable: true })
  endedReason: string | null;
}
