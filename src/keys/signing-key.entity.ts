import { Column, CreateDateColumn, Entity, PrimaryColumn } from 'typeorm';

/** A key pair that signs access tokens. `next` is published before it signs, `retiring` after. */
@Entity('signing_keys')
export class SigningKeyRow {
  /** JWK thumbprint (RFC 7638) of the public key. */
  @PrimaryColumn('text')
  kid: string;

  @Column('text')
  algorithm: 'ES256';

  @Column('text')
  state: 'next' | 'current' | 'retiring' | 'retired';

  /** SubjectPublicKeyInfo as PEM. */
  @Column('text', { name: 'public_key' })
  publicKey: string;

  /** PKCS #8 (DER) under the master key. */
  @Column('bytea', { name: 'wrapped_private_key' })
  wrappedPrivateKey: Buffer;

  @Column('text', { name: 'wrapped_by' })
  wrappedBy: string;

  @CreateDateColumn({ name: 'created_at', type: 'timestamptz' })
  createdAt: Date;

  @Column('timestamptz', { name: 'activated_at', nullable: true })
  activatedAt: Date | null;

  @Column('timestamptz', { name: 'retires_at', nullable: true })
  retiresAt: Date | null;
}
