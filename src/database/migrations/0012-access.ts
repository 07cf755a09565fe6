import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * Roles that inherit, registered permissions, groups, scopes, just-in-time activation, separation of duties, access reviews,
 * and the history of all that decides: numbered by revisions, which are what instances follow and auditors ask for.
 */
export class Access1764000000012 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await this.registeredPermissions(runner);
    await this.people(runner);
    await this.groups(runner);
    await this.roles(runner);
    await this.governance(runner);
    await this.history(runner);
  }

  private async registeredPermissions(runner: QueryRunner): Promise<void> {
    await runner.query(`
      CREATE TABLE permission_namespaces (
        name text CONSTRAINT pk_permission_namespaces PRIMARY KEY
          CONSTRAINT ck_permission_namespaces_name CHECK (name ~ '^[a-z][a-z0-9-]{1,30}$'),
        display_name text NOT NULL,
        service_account_id uuid CONSTRAINT fk_permission_namespaces_service_account_id REFERENCES service_accounts (id),
        version integer NOT NULL DEFAULT 1,
        created_at timestamptz NOT NULL DEFAULT now(),
        updated_at timestamptz NOT NULL DEFAULT now()
      )`);
    await runner.query(`
      ALTER TABLE permissions
        ADD COLUMN namespace text CONSTRAINT fk_permissions_namespace REFERENCES permission_namespaces (name),
        ADD CONSTRAINT ck_permissions_namespace CHECK (
          CASE WHEN namespace IS NULL THEN position('/' IN name) = 0 ELSE starts_with(name, namespace || '/') END)`);
    await runner.query('CREATE INDEX ix_permissions_namespace ON permissions (namespace) WHERE namespace IS NOT NULL');
    await runner.query('CREATE INDEX ix_role_permissions_permission ON role_permissions (permission)');
  }

  private async people(runner: QueryRunner): Promise<void> {
    await runner.query('ALTER TABLE users DROP CONSTRAINT ck_users_status');
    await runner.query(`
      ALTER TABLE users
        ALTER COLUMN object_id DROP NOT NULL,
        ADD COLUMN external_id text,
        ADD COLUMN profile jsonb NOT NULL DEFAULT '{}',
        ADD COLUMN deleted_at timestamptz,
        ADD CONSTRAINT ck_users_status CHECK (status IN ('active', 'disabled', 'deleted')),
        ADD CONSTRAINT ck_users_deleted_at CHECK ((status = 'deleted') = (deleted_at IS NOT NULL))`);
    await runner.query(
      'CREATE INDEX ix_users_tenant_id_user_principal_name ON users (tenant_id, lower(user_principal_name))',
    );
    await runner.query(
      'CREATE INDEX ix_users_tenant_id_external_id ON users (tenant_id, external_id) WHERE external_id IS NOT NULL',
    );
    await runner.query('CREATE INDEX ix_users_tenant_id_display_name ON users (tenant_id, lower(display_name), id)');
    await runner.query('ALTER TABLE service_account_credentials DROP CONSTRAINT ck_service_account_credentials_kind');
    await runner.query(
      'ALTER TABLE service_account_credentials DROP CONSTRAINT ck_service_account_credentials_content',
    );
    await runner.query(`
      ALTER TABLE service_account_credentials
        ADD CONSTRAINT ck_service_account_credentials_kind CHECK (kind IN ('secret', 'public_key', 'scim_token')),
        ADD CONSTRAINT ck_service_account_credentials_content CHECK (
          (kind IN ('secret', 'scim_token') AND octet_length(secret_hash) = 32 AND public_jwk IS NULL)
          OR (kind = 'public_key' AND secret_hash IS NULL AND public_jwk IS NOT NULL))`);
    await runner.query(
      `CREATE UNIQUE INDEX uq_service_account_credentials_scim_token ON service_account_credentials (secret_hash) WHERE kind = 'scim_token'`,
    );
  }

  private async groups(runner: QueryRunner): Promise<void> {
    await runner.query(`
      CREATE TABLE groups (
        id uuid CONSTRAINT pk_groups PRIMARY KEY,
        tenant_id uuid NOT NULL CONSTRAINT fk_groups_tenant_id REFERENCES tenants (id),
        source text NOT NULL CONSTRAINT ck_groups_source CHECK (source IN ('entra', 'scim')),
        object_id uuid,
        external_id text,
        display_name text NOT NULL,
        synced_at timestamptz,
        sync_failure text,
        version integer NOT NULL DEFAULT 1,
        created_at timestamptz NOT NULL DEFAULT now(),
        updated_at timestamptz NOT NULL DEFAULT now(),
        CONSTRAINT uq_groups_tenant_id_object_id UNIQUE (tenant_id, object_id),
        CONSTRAINT ck_groups_object_id CHECK ((source = 'entra') = (object_id IS NOT NULL))
      )`);
    await runner.query('CREATE INDEX ix_groups_tenant_id_display_name ON groups (tenant_id, lower(display_name), id)');
    // Entra's members are kept by object id, also of people who haven't signed in yet; SCIM's are our own users.
    await runner.query(`
      CREATE TABLE group_members (
        group_id uuid NOT NULL CONSTRAINT fk_group_members_group_id REFERENCES groups (id) ON DELETE CASCADE,
        object_id uuid,
        user_id uuid CONSTRAINT fk_group_members_user_id REFERENCES users (id),
        added_at timestamptz NOT NULL DEFAULT now(),
        CONSTRAINT ck_group_members_member CHECK (num_nonnulls(object_id, user_id) = 1)
      )`);
    await runner.query(
      'CREATE UNIQUE INDEX uq_group_members_object_id ON group_members (group_id, object_id) WHERE object_id IS NOT NULL',
    );
    await runner.query(
      'CREATE UNIQUE INDEX uq_group_members_user_id ON group_members (group_id, user_id) WHERE user_id IS NOT NULL',
    );
    await runner.query(
      'CREATE INDEX ix_group_members_object_id ON group_members (object_id) WHERE object_id IS NOT NULL',
    );
    await runner.query('CREATE INDEX ix_group_members_user_id ON group_members (user_id) WHERE user_id IS NOT NULL');
  }

  private async roles(runner: QueryRunner): Promise<void> {
    await runner.query(`
      ALTER TABLE roles
        ADD COLUMN activation_max_seconds integer NOT NULL DEFAULT 28800
          CONSTRAINT ck_roles_activation_max_seconds CHECK (activation_max_seconds BETWEEN 300 AND 2592000),
        ADD COLUMN activation_needs_approval boolean NOT NULL DEFAULT false`);
    await runner.query(`
      CREATE TABLE role_parents (
        role_id uuid NOT NULL CONSTRAINT fk_role_parents_role_id REFERENCES roles (id) ON DELETE CASCADE,
        parent_role_id uuid NOT NULL CONSTRAINT fk_role_parents_parent_role_id REFERENCES roles (id),
        CONSTRAINT pk_role_parents PRIMARY KEY (role_id, parent_role_id),
        CONSTRAINT ck_role_parents_parent_role_id CHECK (role_id <> parent_role_id)
      )`);
    await runner.query('CREATE INDEX ix_role_parents_parent_role_id ON role_parents (parent_role_id)');
    await runner.query('ALTER TABLE role_assignments DROP CONSTRAINT ck_role_assignments_subject');
    await runner.query(`
      ALTER TABLE role_assignments
        ADD COLUMN group_id uuid CONSTRAINT fk_role_assignments_group_id REFERENCES groups (id),
        ADD CONSTRAINT ck_role_assignments_subject CHECK (num_nonnulls(user_id, service_account_id, group_id) = 1)`);
    await runner.query(
      'CREATE INDEX ix_role_assignments_group_id ON role_assignments (group_id) WHERE group_id IS NOT NULL',
    );
    await runner.query('CREATE INDEX ix_role_assignments_scope ON role_assignments (scope text_pattern_ops, id)');
  }

  private async governance(runner: QueryRunner): Promise<void> {
    await runner.query(`
      CREATE TABLE eligible_assignments (
        id uuid CONSTRAINT pk_eligible_assignments PRIMARY KEY,
        user_id uuid CONSTRAINT fk_eligible_assignments_user_id REFERENCES users (id),
        group_id uuid CONSTRAINT fk_eligible_assignments_group_id REFERENCES groups (id),
        role_id uuid NOT NULL CONSTRAINT fk_eligible_assignments_role_id REFERENCES roles (id),
        scope text NOT NULL,
        valid_from timestamptz NOT NULL DEFAULT now(),
        valid_until timestamptz,
        reason text NOT NULL,
        assigned_by_type text NOT NULL,
        assigned_by_id text NOT NULL,
        created_at timestamptz NOT NULL DEFAULT now(),
        CONSTRAINT ck_eligible_assignments_subject CHECK (num_nonnulls(user_id, group_id) = 1),
        CONSTRAINT ck_eligible_assignments_valid_until CHECK (valid_until IS NULL OR valid_until > valid_from)
      )`);
    for (const column of ['user_id', 'group_id', 'role_id']) {
      await runner.query(`CREATE INDEX ix_eligible_assignments_${column} ON eligible_assignments (${column})`);
    }
    await runner.query(`
      CREATE TABLE role_activations (
        id uuid CONSTRAINT pk_role_activations PRIMARY KEY,
        eligible_assignment_id uuid CONSTRAINT fk_role_activations_eligible_assignment_id
          REFERENCES eligible_assignments (id) ON DELETE SET NULL,
        user_id uuid NOT NULL CONSTRAINT fk_role_activations_user_id REFERENCES users (id),
        role_id uuid NOT NULL CONSTRAINT fk_role_activations_role_id REFERENCES roles (id) ON DELETE CASCADE,
        scope text NOT NULL,
        duration_seconds integer NOT NULL,
        reason text NOT NULL,
        status text NOT NULL CONSTRAINT ck_role_activations_status CHECK (status IN ('pending', 'approved', 'denied', 'cancelled')),
        requested_at timestamptz NOT NULL DEFAULT now(),
        expires_at timestamptz NOT NULL,
        decided_at timestamptz,
        decided_by_type text,
        decided_by_id text,
        decision_reason text,
        assignment_id uuid CONSTRAINT fk_role_activations_assignment_id REFERENCES role_assignments (id) ON DELETE SET NULL
      )`);
    await runner.query('CREATE INDEX ix_role_activations_user_id ON role_activations (user_id)');
    await runner.query(
      'CREATE INDEX ix_role_activations_eligible_assignment_id ON role_activations (eligible_assignment_id)',
    );
    await runner.query('CREATE INDEX ix_role_activations_assignment_id ON role_activations (assignment_id)');
    await runner.query('CREATE INDEX ix_role_activations_role_id ON role_activations (role_id)');
    await runner.query(`
      CREATE TABLE separation_constraints (
        id uuid CONSTRAINT pk_separation_constraints PRIMARY KEY,
        name text NOT NULL CONSTRAINT uq_separation_constraints_name UNIQUE,
        description text NOT NULL DEFAULT '',
        kind text NOT NULL CONSTRAINT ck_separation_constraints_kind CHECK (kind IN ('roles', 'permissions')),
        at_most integer NOT NULL DEFAULT 1 CONSTRAINT ck_separation_constraints_at_most CHECK (at_most >= 1),
        version integer NOT NULL DEFAULT 1,
        created_at timestamptz NOT NULL DEFAULT now(),
        updated_at timestamptz NOT NULL DEFAULT now()
      )`);
    await runner.query(`
      CREATE TABLE separation_constraint_members (
        constraint_id uuid NOT NULL CONSTRAINT fk_separation_constraint_members_constraint_id
          REFERENCES separation_constraints (id) ON DELETE CASCADE,
        role_id uuid CONSTRAINT fk_separation_constraint_members_role_id REFERENCES roles (id),
        permission text CONSTRAINT fk_separation_constraint_members_permission REFERENCES permissions (name),
        CONSTRAINT ck_separation_constraint_members_member CHECK (num_nonnulls(role_id, permission) = 1),
        CONSTRAINT uq_separation_constraint_members UNIQUE NULLS NOT DISTINCT (constraint_id, role_id, permission)
      )`);
    await runner.query(
      'CREATE INDEX ix_separation_constraint_members_role_id ON separation_constraint_members (role_id)',
    );
    await runner.query(
      'CREATE INDEX ix_separation_constraint_members_permission ON separation_constraint_members (permission)',
    );
    await runner.query(`
      CREATE TABLE access_reviews (
        id uuid CONSTRAINT pk_access_reviews PRIMARY KEY,
        name text NOT NULL,
        description text NOT NULL DEFAULT '',
        scope text NOT NULL,
        role_id uuid CONSTRAINT fk_access_reviews_role_id REFERENCES roles (id) ON DELETE SET NULL,
        on_unanswered text NOT NULL CONSTRAINT ck_access_reviews_on_unanswered CHECK (on_unanswered IN ('keep', 'remove')),
        status text NOT NULL DEFAULT 'open' CONSTRAINT ck_access_reviews_status CHECK (status IN ('open', 'closed', 'cancelled')),
        due_at timestamptz NOT NULL,
        created_by_type text NOT NULL,
        created_by_id text NOT NULL,
        closed_at timestamptz,
        version integer NOT NULL DEFAULT 1,
        created_at timestamptz NOT NULL DEFAULT now()
      )`);
    await runner.query("CREATE INDEX ix_access_reviews_due_at ON access_reviews (due_at) WHERE status = 'open'");
    await runner.query(`
      CREATE TABLE access_review_reviewers (
        review_id uuid NOT NULL CONSTRAINT fk_access_review_reviewers_review_id REFERENCES access_reviews (id) ON DELETE CASCADE,
        user_id uuid NOT NULL CONSTRAINT fk_access_review_reviewers_user_id REFERENCES users (id),
        CONSTRAINT pk_access_review_reviewers PRIMARY KEY (review_id, user_id)
      )`);
    await runner.query('CREATE INDEX ix_access_review_reviewers_user_id ON access_review_reviewers (user_id)');
    // What is reviewed is kept as it was when the campaign began; the assignment itself may be gone by the end.
    await runner.query(`
      CREATE TABLE access_review_items (
        id uuid CONSTRAINT pk_access_review_items PRIMARY KEY,
        review_id uuid NOT NULL CONSTRAINT fk_access_review_items_review_id REFERENCES access_reviews (id) ON DELETE CASCADE,
        assignment_id uuid NOT NULL,
        assignment_kind text NOT NULL CONSTRAINT ck_access_review_items_assignment_kind CHECK (assignment_kind IN ('active', 'eligible')),
        content jsonb NOT NULL,
        decision text CONSTRAINT ck_access_review_items_decision CHECK (decision IN ('keep', 'remove')),
        decided_by uuid CONSTRAINT fk_access_review_items_decided_by REFERENCES users (id),
        decided_at timestamptz,
        reason text,
        outcome text CONSTRAINT ck_access_review_items_outcome CHECK (outcome IN ('kept', 'removed', 'already_gone', 'refused')),
        outcome_detail text,
        CONSTRAINT uq_access_review_items_assignment_id UNIQUE (review_id, assignment_id)
      )`);
  }

  /**
   * What decides is written down again whenever it changes, under a revision that is one higher for each transaction. It is
   * taken when the transaction commits and held until it has: of two revisions the smaller is never seen later. Triggers do it, so that no writer
   * can forget to. Read by rbac/decisions.
   */
  private async history(runner: QueryRunner): Promise<void> {
    await runner.query(`
      CREATE TABLE access_state (
        singleton boolean CONSTRAINT pk_access_state PRIMARY KEY DEFAULT true CONSTRAINT ck_access_state_singleton CHECK (singleton),
        revision bigint NOT NULL
      )`);
    await runner.query('INSERT INTO access_state (revision) VALUES (1)');
    await runner.query(`
      CREATE TABLE access_history (
        kind text NOT NULL CONSTRAINT ck_access_history_kind
          CHECK (kind IN ('user', 'service_account', 'role', 'assignment', 'membership', 'permission', 'reset')),
        key text NOT NULL,
        revision bigint NOT NULL,
        holder uuid,
        removed boolean NOT NULL,
        content jsonb NOT NULL,
        at timestamptz NOT NULL DEFAULT clock_timestamp(),
        CONSTRAINT pk_access_history PRIMARY KEY (kind, key, revision)
      )`);
    await runner.query('CREATE INDEX ix_access_history_revision ON access_history (revision)');
    await runner.query('CREATE INDEX ix_access_history_at ON access_history (at)');
    await runner.query(
      'CREATE INDEX ix_access_history_holder ON access_history (holder, kind) WHERE holder IS NOT NULL',
    );
    await runner.query(`
      CREATE FUNCTION role_content(id uuid) RETURNS jsonb LANGUAGE sql STABLE AS $$
        SELECT jsonb_build_object('name', r.name, 'isSystem', r.is_system,
          'permissions', coalesce((SELECT jsonb_agg(p.permission ORDER BY p.permission) FROM role_permissions p WHERE p.role_id = r.id), '[]'),
          'parents', coalesce((SELECT jsonb_agg(p.parent_role_id ORDER BY p.parent_role_id) FROM role_parents p WHERE p.role_id = r.id), '[]'))
        FROM roles r WHERE r.id = role_content.id
      $$`);
    // One form of each row for the triggers, the first revision and whoever loads the whole: times in milliseconds.
    await runner.query(`
      CREATE FUNCTION access_content(kind text, r jsonb) RETURNS jsonb LANGUAGE sql STABLE AS $$
        SELECT CASE kind
          WHEN 'user' THEN jsonb_build_object('status', r -> 'status', 'tenantId', r -> 'tenant_id', 'objectId', r -> 'object_id')
          WHEN 'service_account' THEN jsonb_build_object('status', r -> 'status', 'tenantId', r -> 'tenant_id', 'ownerUserId', r -> 'owner_user_id')
          WHEN 'membership' THEN jsonb_build_object('groupId', r -> 'group_id', 'userId', r -> 'user_id', 'objectId', r -> 'object_id')
          WHEN 'permission' THEN '{}'::jsonb
          WHEN 'assignment' THEN jsonb_build_object(
            'holderType', CASE WHEN r ->> 'user_id' IS NOT NULL THEN 'user'
              WHEN r ->> 'service_account_id' IS NOT NULL THEN 'service_account' ELSE 'group' END,
            'holderId', coalesce(r ->> 'user_id', r ->> 'service_account_id', r ->> 'group_id'),
            'roleId', r -> 'role_id', 'scope', r -> 'scope', 'effect', r -> 'effect',
            'validFrom', round(extract(epoch FROM (r ->> 'valid_from')::timestamptz) * 1000)::bigint,
            'validUntil', round(extract(epoch FROM (r ->> 'valid_until')::timestamptz) * 1000)::bigint)
          END
      $$`);
    await runner.query(`
      CREATE FUNCTION access_key(kind text, r jsonb) RETURNS text LANGUAGE sql IMMUTABLE AS $$
        SELECT CASE kind
          WHEN 'membership' THEN (r ->> 'group_id') || ':' || coalesce(r ->> 'user_id', r ->> 'object_id')
          WHEN 'permission' THEN r ->> 'name'
          ELSE r ->> 'id' END
      $$`);
    await runner.query(`
      CREATE FUNCTION access_holder(kind text, r jsonb) RETURNS uuid LANGUAGE sql IMMUTABLE AS $$
        SELECT (CASE kind
          WHEN 'assignment' THEN coalesce(r ->> 'user_id', r ->> 'service_account_id', r ->> 'group_id')
          WHEN 'membership' THEN coalesce(r ->> 'user_id', r ->> 'object_id') END)::uuid
      $$`);
    await runner.query(`
      CREATE FUNCTION next_access_revision() RETURNS bigint LANGUAGE plpgsql AS $$
      DECLARE
        taken text := current_setting('blindspotx.access_revision', true);
        mine text := pg_current_xact_id()::text;
        revised bigint;
      BEGIN
        IF taken IS NOT NULL AND split_part(taken, ':', 1) = mine THEN RETURN split_part(taken, ':', 2)::bigint; END IF;
        UPDATE access_state SET revision = revision + 1 RETURNING revision INTO revised;
        PERFORM set_config('blindspotx.access_revision', mine || ':' || revised, true);
        PERFORM pg_notify('blindspotx_changes', 'access:' || revised);
        RETURN revised;
      END $$`);
    await runner.query(`
      CREATE FUNCTION record_access_row(kind text, r jsonb, removed boolean) RETURNS void LANGUAGE sql AS $$
        INSERT INTO access_history (kind, key, revision, holder, removed, content)
        VALUES (kind, access_key(kind, r), next_access_revision(), access_holder(kind, r), removed, access_content(kind, r))
        ON CONFLICT ON CONSTRAINT pk_access_history
          DO UPDATE SET removed = excluded.removed, content = excluded.content, holder = excluded.holder
      $$`);
    await runner.query(`
      CREATE FUNCTION record_access_role(id uuid) RETURNS void LANGUAGE sql AS $$
        INSERT INTO access_history (kind, key, revision, removed, content)
        VALUES ('role', id::text, next_access_revision(), role_content(id) IS NULL, coalesce(role_content(id), '{}'))
        ON CONFLICT ON CONSTRAINT pk_access_history DO NOTHING
      $$`);
    await runner.query(`
      CREATE FUNCTION record_access() RETURNS trigger LANGUAGE plpgsql AS $$
      DECLARE
        kind text := TG_ARGV[0];
        before jsonb := CASE WHEN TG_OP <> 'INSERT' THEN to_jsonb(OLD) END;
        after jsonb := CASE WHEN TG_OP <> 'DELETE' THEN to_jsonb(NEW) END;
      BEGIN
        IF kind = 'role' THEN
          -- All events of a transaction see its end: the first one writes it.
          PERFORM record_access_role(id::uuid) FROM (VALUES (before ->> TG_ARGV[1]), (after ->> TG_ARGV[1])) AS ids (id)
            WHERE id IS NOT NULL GROUP BY id;
          RETURN NULL;
        END IF;
        IF before IS NOT NULL AND (after IS NULL OR access_key(kind, before) <> access_key(kind, after)) THEN
          PERFORM record_access_row(kind, before, true);
        END IF;
        IF after IS NOT NULL THEN PERFORM record_access_row(kind, after, false); END IF;
        RETURN NULL;
      END $$`);
    await runner.query(`
      CREATE FUNCTION record_access_reset() RETURNS trigger LANGUAGE plpgsql AS $$
      BEGIN
        INSERT INTO access_history (kind, key, revision, removed, content)
        VALUES ('reset', TG_TABLE_NAME, next_access_revision(), false, '{}') ON CONFLICT DO NOTHING;
        RETURN NULL;
      END $$`);
    for (const [table, kind, options] of RECORDED) {
      const { columns, key } = options ?? {};
      const call = `record_access('${kind}'${key === undefined ? '' : `, '${key}'`})`;
      if (columns === undefined) {
        await runner.query(`
          CREATE CONSTRAINT TRIGGER tr_${table}_record AFTER INSERT OR UPDATE OR DELETE ON ${table}
          DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION ${call}`);
      } else {
        await runner.query(`
          CREATE CONSTRAINT TRIGGER tr_${table}_record AFTER INSERT OR DELETE ON ${table}
          DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION ${call}`);
        await runner.query(`
          CREATE CONSTRAINT TRIGGER tr_${table}_record_update AFTER UPDATE ON ${table}
          DEFERRABLE INITIALLY DEFERRED FOR EACH ROW
          WHEN (${columns.map((column) => `OLD.${column} IS DISTINCT FROM NEW.${column}`).join(' OR ')})
          EXECUTE FUNCTION ${call}`);
      }
      await runner.query(`
        CREATE TRIGGER tr_${table}_record_truncate AFTER TRUNCATE ON ${table} FOR EACH STATEMENT
        EXECUTE FUNCTION record_access_reset()`);
    }
    // What there is already is the first revision.
    for (const [table, kind] of RECORDED) {
      if (kind === 'role' || kind === 'membership') continue;
      await runner.query(`
        INSERT INTO access_history (kind, key, revision, holder, removed, content)
        SELECT '${kind}', access_key('${kind}', to_jsonb(t)), 1, access_holder('${kind}', to_jsonb(t)), false,
               access_content('${kind}', to_jsonb(t)) FROM ${table} t`);
    }
    await runner.query(`
      INSERT INTO access_history (kind, key, revision, removed, content)
      SELECT 'role', id::text, 1, false, role_content(id) FROM roles`);
    // The revision is what instances follow now.
    for (const table of ['role_assignments', 'roles', 'role_permissions']) {
      await runner.query(`DROP TRIGGER tr_${table}_announce ON ${table}`);
    }
    await runner.query('DROP TRIGGER tr_role_assignments_announce_truncate ON role_assignments');
  }

  async down(runner: QueryRunner): Promise<void> {
    for (const [table, , options] of RECORDED) {
      await runner.query(`DROP TRIGGER tr_${table}_record ON ${table}`);
      if (options?.columns !== undefined) await runner.query(`DROP TRIGGER tr_${table}_record_update ON ${table}`);
      await runner.query(`DROP TRIGGER tr_${table}_record_truncate ON ${table}`);
    }
    await runner.query('DROP FUNCTION record_access(), record_access_reset(), record_access_role(uuid)');
    await runner.query('DROP FUNCTION record_access_row(text, jsonb, boolean), next_access_revision()');
    await runner.query(
      'DROP FUNCTION access_holder(text, jsonb), access_key(text, jsonb), access_content(text, jsonb), role_content(uuid)',
    );
    await runner.query('DROP TABLE access_history, access_state');
    await runner.query(
      'DROP TABLE access_review_items, access_review_reviewers, access_reviews, separation_constraint_members, separation_constraints, role_activations, eligible_assignments',
    );
    await runner.query('DELETE FROM role_assignments WHERE group_id IS NOT NULL');
    await runner.query('DROP INDEX ix_role_assignments_scope');
    await runner.query('ALTER TABLE role_assignments DROP COLUMN group_id');
    await runner.query(
      'ALTER TABLE role_assignments ADD CONSTRAINT ck_role_assignments_subject CHECK (num_nonnulls(user_id, service_account_id) = 1)',
    );
    await runner.query('DROP TABLE role_parents, group_members, groups');
    await runner.query('ALTER TABLE roles DROP COLUMN activation_needs_approval, DROP COLUMN activation_max_seconds');
    await runner.query("DELETE FROM service_account_credentials WHERE kind = 'scim_token'");
    await runner.query('DROP INDEX uq_service_account_credentials_scim_token');
    await runner.query(`
      ALTER TABLE service_account_credentials
        DROP CONSTRAINT ck_service_account_credentials_kind, DROP CONSTRAINT ck_service_account_credentials_content,
        ADD CONSTRAINT ck_service_account_credentials_kind CHECK (kind IN ('secret', 'public_key')),
        ADD CONSTRAINT ck_service_account_credentials_content CHECK (
          (kind = 'secret' AND octet_length(secret_hash) = 32 AND public_jwk IS NULL)
          OR (kind = 'public_key' AND secret_hash IS NULL AND public_jwk IS NOT NULL))`);
    await runner.query('DROP INDEX ix_users_tenant_id_user_principal_name, ix_users_tenant_id_display_name');
    // Records refer to them, so they stay; people without an object id get one that nobody has.
    await runner.query("UPDATE users SET status = 'disabled', deleted_at = NULL WHERE status = 'deleted'");
    await runner.query('UPDATE users SET object_id = gen_random_uuid() WHERE object_id IS NULL');
    await runner.query(`
      ALTER TABLE users
        DROP CONSTRAINT ck_users_status, DROP CONSTRAINT ck_users_deleted_at,
        DROP COLUMN deleted_at, DROP COLUMN profile, DROP COLUMN external_id,
        ALTER COLUMN object_id SET NOT NULL,
        ADD CONSTRAINT ck_users_status CHECK (status IN ('active', 'disabled'))`);
    await runner.query('DROP INDEX ix_role_permissions_permission');
    await runner.query("DELETE FROM role_permissions WHERE permission LIKE '%/%'");
    await runner.query('DELETE FROM permissions WHERE namespace IS NOT NULL');
    await runner.query('ALTER TABLE permissions DROP CONSTRAINT ck_permissions_namespace, DROP COLUMN namespace');
    await runner.query('DROP TABLE permission_namespaces');
    await runner.query(`
      CREATE TRIGGER tr_role_assignments_announce AFTER INSERT OR UPDATE OR DELETE ON role_assignments FOR EACH ROW
      EXECUTE FUNCTION announce_change('access', 'user_id', 'service_account_id')`);
    await runner.query(`
      CREATE TRIGGER tr_role_assignments_announce_truncate AFTER TRUNCATE ON role_assignments FOR EACH STATEMENT
      EXECUTE FUNCTION announce_change('access')`);
    for (const table of ['roles', 'role_permissions']) {
      await runner.query(`
        CREATE TRIGGER tr_${table}_announce AFTER INSERT OR UPDATE OR DELETE OR TRUNCATE ON ${table} FOR EACH STATEMENT
        EXECUTE FUNCTION announce_change('access')`);
    }
  }
}

/** Table, kind, and: which columns decide (all when absent), which column names the role. */
const RECORDED: [table: string, kind: string, options?: { columns?: string[]; key?: string }][] = [
  ['users', 'user', { columns: ['status', 'tenant_id', 'object_id'] }],
  ['service_accounts', 'service_account', { columns: ['status', 'tenant_id', 'owner_user_id'] }],
  ['roles', 'role', { key: 'id' }],
  ['role_permissions', 'role', { key: 'role_id' }],
  ['role_parents', 'role', { key: 'role_id' }],
  ['role_assignments', 'assignment'],
  ['group_members', 'membership'],
  ['permissions', 'permission'],
];
