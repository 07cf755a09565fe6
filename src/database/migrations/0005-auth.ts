import type { MigrationInterface, QueryRunner } from 'typeorm';

export class Auth1764000000005 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      CREATE TABLE user_sessions (
        id uuid CONSTRAINT pk_user_sessions PRIMARY KEY,
        user_id uuid NOT NULL CONSTRAINT fk_user_sessions_user_id REFERENCES users (id),
        security_stamp integer NOT NULL,
        client_id text NOT NULL,
        entra_session_id text,
        source_address text,
        user_agent text,
        created_at timestamptz NOT NULL DEFAULT now(),
        last_seen_at timestamptz NOT NULL DEFAULT now(),
        expires_at timestamptz NOT NULL,
        idle_expires_at timestamptz NOT NULL,
        ended_at timestamptz,
        ended_reason text,
        CONSTRAINT ck_user_sessions_ended CHECK ((ended_at IS NULL) = (ended_reason IS NULL))
      )`);
    await runner.query('CREATE INDEX ix_user_sessions_user_id ON user_sessions (user_id, id)');
    await runner.query(
      'CREATE INDEX ix_user_sessions_entra_session_id ON user_sessions (entra_session_id) WHERE ended_at IS NULL',
    );
    await runner.query(`
      CREATE TABLE refresh_tokens (
        id uuid CONSTRAINT pk_refresh_tokens PRIMARY KEY,
        session_id uuid NOT NULL CONSTRAINT fk_refresh_tokens_session_id REFERENCES user_sessions (id) ON DELETE CASCADE,
        family_id uuid NOT NULL,
        token_hash bytea NOT NULL CONSTRAINT uq_refresh_tokens_token_hash UNIQUE,
        issued_at timestamptz NOT NULL DEFAULT now(),
        expires_at timestamptz NOT NULL,
        used_at timestamptz,
        successor_id uuid,
        successor_sealed bytea,
        CONSTRAINT ck_refresh_tokens_token_hash CHECK (octet_length(token_hash) = 32),
        CONSTRAINT ck_refresh_tokens_successor CHECK ((used_at IS NULL) = (successor_id IS NULL))
      )`);
    await runner.query('CREATE INDEX ix_refresh_tokens_session_id ON refresh_tokens (session_id)');
    await runner.query(`
      CREATE TABLE sign_in_attempts (
        id uuid CONSTRAINT pk_sign_in_attempts PRIMARY KEY,
        tenant_id uuid NOT NULL CONSTRAINT fk_sign_in_attempts_tenant_id REFERENCES tenants (id),
        state_hash bytea NOT NULL CONSTRAINT uq_sign_in_attempts_state_hash UNIQUE,
        browser_hash bytea NOT NULL,
        nonce text NOT NULL,
        code_verifier_sealed bytea NOT NULL,
        return_to text NOT NULL,
        replaces_session_id uuid,
        created_at timestamptz NOT NULL DEFAULT now(),
        expires_at timestamptz NOT NULL
      )`);
    await runner.query('CREATE INDEX ix_sign_in_attempts_expires_at ON sign_in_attempts (expires_at)');
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('DROP TABLE sign_in_attempts, refresh_tokens, user_sessions');
  }
}
