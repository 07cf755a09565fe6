import { Column, Entity, PrimaryColumn } from 'typeorm';

/** A permission that roles can refer to: of the catalogue (src/access/permissions.ts), or one that an application registered. */
@Entity('permissions')
export class Permission {
  @PrimaryColumn('text')
  name: string;

  @Column('text')
  description: string;

  /** Whose it is; null: ours. */
  @Column('text', { nullable: true })
  namespace: string | null;
}
