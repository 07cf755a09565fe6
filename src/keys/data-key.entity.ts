import { Column, CreateDateColumn, Entity, PrimaryColumn } from 'typeorm';

/** A key that seals secrets in this database, itself wrapped under the master key. */
@Entity('data_keys')
export class DataKey {
  @PrimaryColumn('integer')
  version: number;

  @Column('text')
  state: 'current' | 'retiring' | 'retired';

  @Column('bytea', { name: 'wrapped_key' })
  wrappedKey: Buffer;

  /** Which master key wraps it. */
  @Column('text', { name: 'wrapped_by' })
  wrappedBy: string;

  /** keyCheckValue of the key. Null only of a key from before there were any, until the next start. */
  @Column('bytea', { name: 'check_value', nullable: true })
  checkValue: Buffer | null;

  @CreateDateColumn({ name: 'created_at', type: 'timestamptz' })
  createdAt: Date;

  /** When another took its place. */
  @Column('timestamptz', { name: 'retiring_since', nullable: true })
  retiringSince: Date | null;
}
