import type { MigrationInterface, QueryRunner } from 'typeorm';

export class Rbac1764000000003 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      CREATE TABLE permissions (
        name text CONSTRAINT pk_permissions PRIMARY KEY,
        description text NOT NULL
      )`);
    await runner.query(`
      CREATE TABLE roles (
        id uuid CONSTRAINT pk_roles PRIMARY KEY,
        name text NOT NULL CONSTRAINT uq_roles_name UNIQUE,
        description text NOT NULL,
        is_system boolean NOT NULL DEFAULT false,
        version integer NOT NULL DEFAULT 1,
        created_at timestamptz NOT NULL DEFAULT now(),
        updated_at timestamptz NOT NULL DEFAULT now()
      )`);
    await runner.query(`
      CREATE TABLE role_permissions (
        role_id uuid NOT NULL CONSTRAINT fk_role_permissions_role_id REFERENCES roles (id) ON DELETE CASCADE,
        permission text NOT NULL CONSTRAINT fk_role_permissions_permission REFERENCES permissions (name),
        CONSTRAINT pk_role_permissions PRIMARY KEY (role_id, permission)
      )`);
    await runner.query(`
      CREATE TABLE role_assignments (
        id uuid CONSTRAINT pk_role_assignments PRIMARY KEY,
        user_id uuid NOT NULL CONSTRAINT fk_role_assignments_user_id REFERENCES users (id),
        role_id uuid NOT NULL CONSTRAINT fk_role_assignments_role_id REFERENCES roles (id),
        scope text NOT NULL DEFAULT '/',
        effect text NOT NULL CONSTRAINT ck_role_assignments_effect CHECK (effect IN ('allow', 'deny')),
        valid_from timestamptz NOT NULL DEFAULT now(),
        valid_until timestamptz,
        reason text NOT NULL,
        assigned_by_type text NOT NULL,
        assigned_by_id text NOT NULL,
        created_at timestamptz NOT NULL DEFAULT now(),
        CONSTRAINT ck_role_assignments_valid_until CHECK (valid_until IS NULL OR valid_until > valid_from)
      )`);
    await runner.query('CREATE INDEX ix_role_assignments_user_id ON role_assignments (user_id)');
    await runner.query('CREATE INDEX ix_role_assignments_role_id ON role_assignments (role_id)');
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('DROP TABLE role_assignments, role_permissions, roles, permissions');
  }
}
