import { Entity, PrimaryColumn } from 'typeorm';

/** One permission of one role. */
@Entity('role_permissions')
export class RolePermission {
  @PrimaryColumn('uuid', { name: 'role_id' })
  roleId: string;

  @PrimaryColumn('text')
  permission: string;
}
