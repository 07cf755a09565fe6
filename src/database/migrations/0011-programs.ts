import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Service accounts, sender-constrained sessions, what is taken once, limits shared by all instances. */
export class Programs1764000000011 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query('ALTER TABLE users ADD COLUMN entra_valid_from timestamptz');
    await runner.query(`
      ALTER TABLE user_sessions
        ADD COLUMN scope text,
        ADD COLUMN dpop_jkt text,
        ADD COLUMN entra_subject text`);
    // With the second condition a look-up by id can't take them for a list of the sessions that haven't ended.
    await runner.query(
      'CREATE INDEX ix_user_sessions_entra_subject ON user_sessions (entra_subject) WHERE ended_at IS NULL AND entra_subject IS NOT NULL',
    );
    await runner.query('DROP INDEX ix_user_sessions_entra_session_id');
    await runner.query(
      'CREATE INDEX ix_user_sessions_entra_session_id ON user_sessions (entra_session_id) WHERE ended_at IS NULL AND entra_session_id IS NOT NULL',
    );
    await runner.query('ALTER TABLE refresh_tokens ADD COLUMN generation integer NOT NULL DEFAULT 0');
    // Each rotation changes a row of both: room beside it keeps the indexes out of that.
    await runner.query('ALTER TABLE refresh_tokens SET (fillfactor = 50)');
    await runner.query('ALTER TABLE user_sessions SET (fillfactor = 50)');
    await runner.query(`
      CREATE TABLE service_accounts (
        id uuid CONSTRAINT pk_service_accounts PRIMARY KEY,
        tenant_id uuid NOT NULL CONSTRAINT fk_service_accounts_tenant_id REFERENCES tenants (id),
        name text NOT NULL,
        description text NOT NULL DEFAULT '',
        owner_user_id uuid NOT NULL CONSTRAINT fk_service_accounts_owner_user_id REFERENCES users (id),
        status text NOT NULL DEFAULT 'active' CONSTRAINT ck_service_accounts_status CHECK (status IN ('active', 'disabled')),
        security_stamp integer NOT NULL DEFAULT 1,
        dpop_required boolean NOT NULL DEFAULT false,
        version integer NOT NULL DEFAULT 1,
        created_at timestamptz NOT NULL DEFAULT now(),
        updated_at timestamptz NOT NULL DEFAULT now(),
        CONSTRAINT uq_service_accounts_tenant_id_name UNIQUE (tenant_id, name)
      )`);
    await runner.query('CREATE INDEX ix_service_accounts_owner_user_id ON service_accounts (owner_user_id)');
    // The program that a session's tokens were exchanged by, as it was then: they end with it.
    await runner.query(`
      ALTER TABLE user_sessions
        ADD COLUMN service_account_id uuid CONSTRAINT fk_user_sessions_service_account_id REFERENCES service_accounts (id),
        ADD COLUMN service_account_stamp integer,
        ADD CONSTRAINT ck_user_sessions_service_account CHECK ((service_account_id IS NULL) = (service_account_stamp IS NULL))`);
    await runner.query(`
      CREATE TABLE service_account_credentials (
        id uuid CONSTRAINT pk_service_account_credentials PRIMARY KEY,
        service_account_id uuid NOT NULL CONSTRAINT fk_service_account_credentials_service_account_id
          REFERENCES service_accounts (id) ON DELETE CASCADE,
        kind text NOT NULL CONSTRAINT ck_service_account_credentials_kind CHECK (kind IN ('secret', 'public_key')),
        secret_hash bytea,
        public_jwk jsonb,
        created_at timestamptz NOT NULL DEFAULT now(),
        expires_at timestamptz NOT NULL,
        revoked_at timestamptz,
        last_used_at timestamptz,
        CONSTRAINT ck_service_account_credentials_content CHECK (
          (kind = 'secret' AND octet_length(secret_hash) = 32 AND public_jwk IS NULL)
          OR (kind = 'public_key' AND secret_hash IS NULL AND public_jwk IS NOT NULL))
      )`);
    await runner.query(
      'CREATE INDEX ix_service_account_credentials_service_account_id ON service_account_credentials (service_account_id)',
    );
    await runner.query(`
      CREATE TABLE used_proofs (
        digest bytea CONSTRAINT pk_used_proofs PRIMARY KEY,
        expires_at timestamptz NOT NULL
      )`);
    await runner.query('CREATE INDEX ix_used_proofs_expires_at ON used_proofs (expires_at)');
    await runner.query(`
      CREATE TABLE revoked_access_tokens (
        jti uuid CONSTRAINT pk_revoked_access_tokens PRIMARY KEY,
        expires_at timestamptz NOT NULL
      )`);
    await runner.query('CREATE INDEX ix_revoked_access_tokens_expires_at ON revoked_access_tokens (expires_at)');
    await runner.query(`
      CREATE TABLE rate_limits (
        key text CONSTRAINT pk_rate_limits PRIMARY KEY,
        free_at timestamptz NOT NULL
      )`);
    await runner.query('CREATE INDEX ix_rate_limits_free_at ON rate_limits (free_at)');
    await runner.query(`
      ALTER TABLE role_assignments
        ALTER COLUMN user_id DROP NOT NULL,
        ADD COLUMN service_account_id uuid CONSTRAINT fk_role_assignments_service_account_id REFERENCES service_accounts (id),
        ADD CONSTRAINT ck_role_assignments_subject CHECK (num_nonnulls(user_id, service_account_id) = 1)`);
    await runner.query('CREATE INDEX ix_role_assignments_service_account_id ON role_assignments (service_account_id)');
    await runner.query('ALTER TABLE audit_events DROP CONSTRAINT ck_audit_events_actor_type');
    await runner.query(`
      ALTER TABLE audit_events ADD CONSTRAINT ck_audit_events_actor_type
        CHECK (actor_type IN ('user', 'service_account', 'system', 'anonymous'))`);
    await this.announceChanges(runner);
  }

  /**
   * What instances keep in memory is announced by the database itself, so that no writer can forget to: not a statement of an
   * operator either. Read by database/change-feed.service.ts.
   */
  private async announceChanges(runner: QueryRunner): Promise<void> {
    await runner.query(`
      CREATE FUNCTION announce_change() RETURNS trigger LANGUAGE plpgsql AS $$
      BEGIN
        IF TG_LEVEL = 'STATEMENT' THEN
          PERFORM pg_notify('blindspotx_changes', TG_ARGV[0] || ':*');
          RETURN NULL;
        END IF;
        -- Both: a row may have been moved from one to another.
        IF TG_OP <> 'INSERT' THEN
          PERFORM pg_notify('blindspotx_changes', TG_ARGV[0] || ':'
            || coalesce(to_jsonb(OLD) ->> TG_ARGV[1], to_jsonb(OLD) ->> TG_ARGV[2], '*'));
        END IF;
        IF TG_OP <> 'DELETE' THEN
          PERFORM pg_notify('blindspotx_changes', TG_ARGV[0] || ':'
            || coalesce(to_jsonb(NEW) ->> TG_ARGV[1], to_jsonb(NEW) ->> TG_ARGV[2], '*'));
        END IF;
        RETURN NULL;
      END $$`);
    // Row by row and only for what ends something: a refresh moves the idle end on and announces nothing.
    await runner.query(`
      CREATE TRIGGER tr_user_sessions_announce AFTER UPDATE ON user_sessions FOR EACH ROW
      WHEN (OLD.ended_at IS DISTINCT FROM NEW.ended_at OR NEW.expires_at < OLD.expires_at
        OR NEW.idle_expires_at < OLD.idle_expires_at OR OLD.dpop_jkt IS DISTINCT FROM NEW.dpop_jkt
        OR OLD.scope IS DISTINCT FROM NEW.scope OR OLD.security_stamp IS DISTINCT FROM NEW.security_stamp)
      EXECUTE FUNCTION announce_change('session', 'id')`);
    await runner.query(`
      CREATE TRIGGER tr_users_announce AFTER UPDATE ON users FOR EACH ROW
      WHEN (OLD.status IS DISTINCT FROM NEW.status OR OLD.security_stamp IS DISTINCT FROM NEW.security_stamp
        OR OLD.security_stamp_raised_at IS DISTINCT FROM NEW.security_stamp_raised_at
        OR OLD.entra_valid_from IS DISTINCT FROM NEW.entra_valid_from
        OR OLD.display_name IS DISTINCT FROM NEW.display_name)
      EXECUTE FUNCTION announce_change('user', 'id')`);
    await runner.query(`
      CREATE TRIGGER tr_tenants_announce AFTER UPDATE ON tenants FOR EACH ROW
      WHEN (OLD.sign_in_allowed IS DISTINCT FROM NEW.sign_in_allowed)
      EXECUTE FUNCTION announce_change('tenant', 'id')`);
    await runner.query(`
      CREATE TRIGGER tr_service_accounts_announce AFTER UPDATE ON service_accounts FOR EACH ROW
      EXECUTE FUNCTION announce_change('service-account', 'id')`);
    await runner.query(`
      CREATE TRIGGER tr_revoked_access_tokens_announce AFTER INSERT ON revoked_access_tokens FOR EACH ROW
      EXECUTE FUNCTION announce_change('revoked-token', 'jti')`);
    await runner.query(`
      CREATE TRIGGER tr_role_assignments_announce AFTER INSERT OR UPDATE OR DELETE ON role_assignments FOR EACH ROW
      EXECUTE FUNCTION announce_change('access', 'user_id', 'service_account_id')`);
    for (const [table, topic, key] of [
      ['user_sessions', 'session', 'id'],
      ['users', 'user', 'id'],
      ['tenants', 'tenant', 'id'],
      ['service_accounts', 'service-account', 'id'],
    ]) {
      await runner.query(`
        CREATE TRIGGER tr_${table}_announce_delete AFTER DELETE ON ${table} FOR EACH ROW
        EXECUTE FUNCTION announce_change('${topic}', '${key}')`);
    }
    for (const [table, topic] of [
      ['user_sessions', 'session'],
      ['users', 'user'],
      ['tenants', 'tenant'],
      ['service_accounts', 'service-account'],
      ['role_assignments', 'access'],
    ]) {
      await runner.query(`
        CREATE TRIGGER tr_${table}_announce_truncate AFTER TRUNCATE ON ${table} FOR EACH STATEMENT
        EXECUTE FUNCTION announce_change('${topic}')`);
    }
    for (const [table, topic] of [
      ['roles', 'access'],
      ['role_permissions', 'access'],
      ['signing_keys', 'keys'],
    ]) {
      await runner.query(`
        CREATE TRIGGER tr_${table}_announce AFTER INSERT OR UPDATE OR DELETE OR TRUNCATE ON ${table} FOR EACH STATEMENT
        EXECUTE FUNCTION announce_change('${topic}')`);
    }
  }

  async down(runner: QueryRunner): Promise<void> {
    for (const table of ['user_sessions', 'users', 'tenants', 'service_accounts']) {
      await runner.query(`DROP TRIGGER tr_${table}_announce_delete ON ${table}`);
      await runner.query(`DROP TRIGGER tr_${table}_announce_truncate ON ${table}`);
    }
    await runner.query('DROP TRIGGER tr_role_assignments_announce_truncate ON role_assignments');
    for (const table of [
      'user_sessions',
      'users',
      'tenants',
      'service_accounts',
      'revoked_access_tokens',
      'role_assignments',
      'roles',
      'role_permissions',
      'signing_keys',
    ]) {
      await runner.query(`DROP TRIGGER tr_${table}_announce ON ${table}`);
    }
    await runner.query('DROP FUNCTION announce_change()');
    // Records of programs stay: the trail is append-only, so the older check can't come back.
    await runner.query('DELETE FROM role_assignments WHERE user_id IS NULL');
    await runner.query(
      'ALTER TABLE role_assignments DROP COLUMN service_account_id, ALTER COLUMN user_id SET NOT NULL',
    );
    await runner.query('ALTER TABLE user_sessions DROP COLUMN service_account_stamp, DROP COLUMN service_account_id');
    await runner.query(
      'DROP TABLE rate_limits, revoked_access_tokens, used_proofs, service_account_credentials, service_accounts',
    );
    await runner.query('ALTER TABLE refresh_tokens RESET (fillfactor)');
    await runner.query('ALTER TABLE user_sessions RESET (fillfactor)');
    await runner.query('ALTER TABLE refresh_tokens DROP COLUMN generation');
    await runner.query('ALTER TABLE user_sessions DROP COLUMN entra_subject, DROP COLUMN dpop_jkt, DROP COLUMN scope');
    await runner.query('DROP INDEX ix_user_sessions_entra_session_id');
    await runner.query(
      'CREATE INDEX ix_user_sessions_entra_session_id ON user_sessions (entra_session_id) WHERE ended_at IS NULL',
    );
    await runner.query('ALTER TABLE users DROP COLUMN entra_valid_from');
  }
}
