import { Column, Entity, PrimaryColumn } from 'typeorm';

/** A row of the permission catalogue (src/access/permissions.ts), so that roles can refer to it. */
@Entity('permissions')
export class Permission {
  @PrimaryColumn('text')
  name: string;

  @Column('text')
  description: string;
}
