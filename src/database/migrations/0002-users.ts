import type { MigrationInterface, QueryRunner } from 'typeorm';

export class Users1764000000002 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      CREATE TABLE users (
        id uuid CONSTRAINT pk_users PRIMARY KEY,
        tenant_id uuid NOT NULL CONSTRAINT fk_users_tenant_id REFERENCES tenants (id),
        object_id uuid NOT NULL,
        display_name text NOT NULL,
        user_principal_name text,
        email text,
        status text NOT NULL DEFAULT 'active' CONSTRAINT ck_users_status CHECK (status IN ('active', 'disabled')),
        security_stamp integer NOT NULL DEFAULT 1,
        security_stamp_raised_at timestamptz,
        last_sign_in_at timestamptz,
        version integer NOT NULL DEFAULT 1,
        created_at timestamptz NOT NULL DEFAULT now(),
        updated_at timestamptz NOT NULL DEFAULT now(),
        CONSTRAINT uq_users_tenant_id_object_id UNIQUE (tenant_id, object_id)
      )`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('DROP TABLE users');
  }
}
