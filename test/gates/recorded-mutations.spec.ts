import { readFileSync } from 'node:fs';
import { join } from 'node:path';

/** What each route that changes something leaves in the trail when it did. A route that isn't here has nobody who thought of its record. */
const RECORDS: Readonly<Record<string, string>> = {
  'POST /audit/holds': 'audit.hold.created',
  'DELETE /audit/holds/:id': 'audit.hold.released',
  'POST /auth/backchannel-logout': 'auth.session.ended',
  'POST /auth/logout': 'auth.session.ended',
  'POST /auth/refresh': 'auth.session.refreshed',
  'POST /auth/revoke': 'auth.token.revoked',
  'DELETE /auth/sessions': 'auth.session.ended',
  'DELETE /auth/sessions/:id': 'auth.session.ended',
  'POST /auth/token': 'auth.token.issued',
  'POST /drift/baseline-proposals': 'drift.proposal.made',
  'POST /drift/baseline-proposals/:id/approve': 'drift.proposal.approved',
  'POST /drift/baseline-proposals/:id/decline': 'drift.proposal.declined',
  'POST /drift/baselines': 'drift.baseline.approved',
  'POST /drift/baselines/changes': 'drift.changes.baselined',
  'POST /drift/bulk-decisions': 'drift.bulk_decision.requested',
  'POST /drift/change-windows': 'drift.window.approved',
  'DELETE /drift/change-windows/:id': 'drift.window.withdrawn',
  'POST /drift/changes/:id/accept': 'drift.change.accepted',
  'POST /drift/changes/:id/deny': 'drift.change.denied',
  'POST /drift/changes/:id/ignore': 'drift.change.ignored',
  'POST /drift/changes/:id/reopen': 'drift.change.reopened',
  'POST /drift/ignore-rules': 'drift.ignore_rule.created',
  'POST /drift/ignore-rules/:id/withdraw': 'drift.ignore_rule.withdrawn',
  'POST /drift/proposals': 'drift.proposal.made',
  'POST /drift/proposals/:id/approve': 'drift.proposal.approved',
  'POST /drift/proposals/:id/decline': 'drift.proposal.declined',
  'POST /drift/proposals/:id/withdraw': 'drift.proposal.withdrawn',
  'POST /drift/remediations': 'drift.remediation.requested',
  'POST /drift/remediations/:id/approve': 'drift.remediation.approved',
  'POST /drift/remediations/:id/decline': 'drift.remediation.declined',
  'DELETE /drift/rules/:rule/override': 'drift.rule.restored',
  'PUT /drift/rules/:rule/override': 'drift.rule.overridden',
  'POST /drift/scans': 'drift.scan.requested',
  'POST /drift/setting-proposals': 'drift.proposal.made',
  'POST /drift/setting-proposals/:id/approve': 'drift.proposal.approved',
  'POST /drift/setting-proposals/:id/decline': 'drift.proposal.declined',
  'POST /groups': 'users.group.created',
  'DELETE /groups/:id': 'users.group.deleted',
  'POST /groups/:id/sync': 'users.group.synced',
  'POST /rbac/activations': 'rbac.activation.requested',
  'DELETE /rbac/activations/:id': 'rbac.activation.ended',
  'POST /rbac/activations/:id/approve': 'rbac.activation.approved',
  'POST /rbac/activations/:id/deny': 'rbac.activation.denied',
  'POST /rbac/assignments': 'rbac.assignment.created',
  'DELETE /rbac/assignments/:id': 'rbac.assignment.deleted',
  'POST /rbac/constraints': 'rbac.constraint.created',
  'DELETE /rbac/constraints/:id': 'rbac.constraint.deleted',
  'PATCH /rbac/constraints/:id': 'rbac.constraint.updated',
  'POST /rbac/document/apply': 'rbac.document.applied',
  'POST /rbac/eligible-assignments': 'rbac.eligibility.created',
  'DELETE /rbac/eligible-assignments/:id': 'rbac.eligibility.deleted',
  'POST /rbac/namespaces': 'rbac.namespace.created',
  'DELETE /rbac/namespaces/:name': 'rbac.namespace.deleted',
  'PATCH /rbac/namespaces/:name': 'rbac.namespace.updated',
  'PUT /rbac/namespaces/:name/permissions': 'rbac.permissions.registered',
  'POST /rbac/reviews': 'rbac.review.started',
  'POST /rbac/reviews/:id/cancel': 'rbac.review.cancelled',
  'POST /rbac/reviews/:id/close': 'rbac.review.close_requested',
  'POST /rbac/reviews/:id/items/:itemId/decide': 'rbac.review.decided',
  'POST /rbac/roles': 'rbac.role.created',
  'DELETE /rbac/roles/:id': 'rbac.role.deleted',
  'PATCH /rbac/roles/:id': 'rbac.role.updated',
  'POST /scim/v2/Bulk': 'users.provisioned-user.created',
  'POST /scim/v2/Groups': 'users.provisioned-group.created',
  'DELETE /scim/v2/Groups/:id': 'users.provisioned-group.deleted',
  'PATCH /scim/v2/Groups/:id': 'users.provisioned-group.members-changed',
  'PUT /scim/v2/Groups/:id': 'users.provisioned-group.updated',
  'POST /scim/v2/Users': 'users.provisioned-user.created',
  'DELETE /scim/v2/Users/:id': 'users.provisioned-user.deleted',
  'PATCH /scim/v2/Users/:id': 'users.provisioned-user.updated',
  'PUT /scim/v2/Users/:id': 'users.provisioned-user.updated',
  'POST /service-accounts': 'users.service-account.created',
  'PATCH /service-accounts/:id': 'users.service-account.updated',
  'POST /service-accounts/:id/credentials': 'users.credential.created',
  'DELETE /service-accounts/:id/credentials/:credentialId': 'users.credential.revoked',
  'POST /tenants': 'tenants.tenant.created',
  'PATCH /tenants/:id': 'tenants.tenant.updated',
  'DELETE /tenants/:id/connection': 'tenants.connection.changed',
  'PUT /tenants/:id/connection': 'tenants.connection.changed',
  'POST /tenants/:id/connection/candidates': 'tenants.connection.offered',
  'DELETE /tenants/:id/connection/candidates/:candidateId': 'tenants.connection.withdrawn',
  'POST /tenants/:id/connection/test': 'tenants.connection.tested',
  'DELETE /users/:id': 'users.user.deleted',
  'PATCH /users/:id': 'users.user.updated',
  'DELETE /users/:id/sessions': 'auth.session.ended',
  'DELETE /users/:id/sessions/:sessionId': 'auth.session.ended',
  'POST /webhooks/deliveries/:id/replay': 'webhooks.delivery.replayed',
  'POST /webhooks/endpoints': 'webhooks.endpoint.created',
  'DELETE /webhooks/endpoints/:id': 'webhooks.endpoint.deleted',
  'PATCH /webhooks/endpoints/:id': 'webhooks.endpoint.updated',
  'POST /webhooks/endpoints/:id/replay': 'webhooks.endpoint.replayed',
  'POST /webhooks/endpoints/:id/rotate-secret': 'webhooks.secret.rotated',
};
/** POST because of what they are asked with. */
const READS = [
  'POST /audit/verify',
  'POST /auth/introspect',
  'POST /drift/baselines/preview',
  'POST /rbac/check',
  'POST /rbac/check-bulk',
  'POST /rbac/document/plan',
  'POST /rbac/explain',
  'POST /rbac/list-scopes',
  'POST /rbac/list-subjects',
  'POST /scim/v2/.search',
  'POST /scim/v2/Groups/.search',
  'POST /scim/v2/Users/.search',
];

const contract = <T>(name: string) =>
  JSON.parse(readFileSync(join(__dirname, '../../docs/contract', name), 'utf8')) as T;

it('every route that changes something has a record that somebody thought of', () => {
  const routes = contract<{ method: string; path: string }[]>('endpoints.json')
    .filter(({ method }) => !['GET', 'HEAD', 'OPTIONS'].includes(method))
    .map(({ method, path }) => `${method} ${path}`);
  expect([...Object.keys(RECORDS), ...READS].sort()).toEqual(routes.sort());
});

it('every one of these records can be written', () => {
  const actions = contract<Record<string, string>>('audit-events.json');
  const missing = Object.values(RECORDS).filter((action) => !Object.hasOwn(actions, action));
  expect(missing).toEqual([]);
});
