import { randomUUID } from 'node:crypto';

type Sql = (text: string, parameters?: unknown[]) => Promise<unknown>;

/** One row at least of whatever the access tables can hold, so that a migration that is taken back meets all of it. */
export async function insertRowsOfEveryKind(sql: Sql): Promise<void> {
  const [tenant, user, deleted, bare, program] = Array.from({ length: 5 }, () => randomUUID());
  const [role, parent, entraGroup, scimGroup, eligible] = Array.from({ length: 5 }, () => randomUUID());
  const [roles, permissions, review, assignment] = Array.from({ length: 4 }, () => randomUUID());
  await sql(
    `INSERT INTO tenants (id, entra_tenant_id, display_name, sign_in_allowed, scan_enabled, scan_interval_seconds)
     VALUES ($1, gen_random_uuid(), 'a tenant', true, false, 300)`,
    [tenant],
  );
  await sql(
    `INSERT INTO users (id, tenant_id, object_id, external_id, display_name, status, deleted_at) VALUES
       ($2, $1, gen_random_uuid(), 'e-1', 'somebody', 'active', NULL), ($3, $1, gen_random_uuid(), NULL, 'gone', 'deleted', now()),
       ($4, $1, NULL, 'e-3', 'provisioned', 'disabled', NULL)`,
    [tenant, user, deleted, bare],
  );
  await sql(`INSERT INTO service_accounts (id, tenant_id, name, owner_user_id) VALUES ($2, $1, 'a program', $3)`, [
    tenant,
    program,
    user,
  ]);
  await sql(
    `INSERT INTO service_account_credentials (id, service_account_id, kind, secret_hash, public_jwk, expires_at) VALUES
       (gen_random_uuid(), $1, 'secret', sha256('s'), NULL, now()), (gen_random_uuid(), $1, 'public_key', NULL, '{}', now()),
       (gen_random_uuid(), $1, 'scim_token', sha256('t'), NULL, now())`,
    [program],
  );
  await sql(`INSERT INTO permission_namespaces (name, display_name, service_account_id) VALUES ('app', 'App', $1)`, [
    program,
  ]);
  await sql(
    `INSERT INTO permissions (name, description, namespace) VALUES ('our:own', '', NULL), ('app/thing:read', '', 'app')`,
  );
  await sql(`INSERT INTO roles (id, name, description) VALUES ($1, 'a role', ''), ($2, 'its parent', '')`, [
    role,
    parent,
  ]);
  await sql('INSERT INTO role_parents (role_id, parent_role_id) VALUES ($1, $2)', [role, parent]);
  await sql(
    `INSERT INTO role_permissions (role_id, permission) VALUES ($1, 'our:own'), ($1, 'app/thing:read'), ($2, 'app/thing:read')`,
    [role, parent],
  );
  await sql(
    `INSERT INTO groups (id, tenant_id, source, object_id, display_name) VALUES
       ($2, $1, 'entra', gen_random_uuid(), 'Entra''s'), ($3, $1, 'scim', NULL, 'SCIM''s')`,
    [tenant, entraGroup, scimGroup],
  );
  await sql(
    `INSERT INTO group_members (group_id, object_id, user_id) VALUES ($1, gen_random_uuid(), NULL), ($2, NULL, $3)`,
    [entraGroup, scimGroup, user],
  );
  await sql(
    `INSERT INTO role_assignments (id, user_id, service_account_id, group_id, role_id, scope, effect, reason, assigned_by_type, assigned_by_id)
     VALUES ($5, $1, NULL, NULL, $4, '/', 'allow', 'a test', 'system', 'test'),
            (gen_random_uuid(), NULL, $2, NULL, $4, '/a', 'deny', 'a test', 'system', 'test'),
            (gen_random_uuid(), NULL, NULL, $3, $4, '/a/b', 'allow', 'a test', 'system', 'test')`,
    [user, program, scimGroup, role, assignment],
  );
  await sql(
    `INSERT INTO eligible_assignments (id, user_id, group_id, role_id, scope, reason, assigned_by_type, assigned_by_id)
     VALUES ($1, $2, NULL, $4, '/', 'a test', 'system', 'test'), (gen_random_uuid(), NULL, $3, $4, '/', 'a test', 'system', 'test')`,
    [eligible, user, entraGroup, role],
  );
  await sql(
    `INSERT INTO role_activations (id, eligible_assignment_id, user_id, role_id, scope, duration_seconds, reason, status, expires_at, assignment_id)
     VALUES (gen_random_uuid(), $1, $2, $3, '/', 300, 'a test', 'pending', now(), NULL),
            (gen_random_uuid(), $1, $2, $3, '/', 300, 'a test', 'approved', now(), $4)`,
    [eligible, user, role, assignment],
  );
  await sql(
    `INSERT INTO separation_constraints (id, name, kind) VALUES ($1, 'of roles', 'roles'), ($2, 'of permissions', 'permissions')`,
    [roles, permissions],
  );
  await sql(
    `INSERT INTO separation_constraint_members (constraint_id, role_id, permission) VALUES
       ($1, $3, NULL), ($1, $4, NULL), ($2, NULL, 'our:own'), ($2, NULL, 'app/thing:read')`,
    [roles, permissions, role, parent],
  );
  await sql(
    `INSERT INTO access_reviews (id, name, scope, role_id, on_unanswered, due_at, created_by_type, created_by_id)
     VALUES ($1, 'a review', '/', $2, 'keep', now(), 'user', 'somebody')`,
    [review, role],
  );
  await sql('INSERT INTO access_review_reviewers (review_id, user_id) VALUES ($1, $2)', [review, user]);
  await sql(
    `INSERT INTO access_review_items (id, review_id, assignment_id, assignment_kind, content) VALUES (gen_random_uuid(), $1, $2, 'active', '{}')`,
    [review, assignment],
  );
}
