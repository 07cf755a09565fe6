import {
  OCSF_CLASSES,
  type OcsfClassName,
  type OcsfFindingStatus,
  type OcsfSeverity,
  OTHER_ACTIVITY,
} from './ocsf-classes.js';

/** What a kind of record is in OCSF. */
export interface OcsfMapping {
  class: OcsfClassName;
  /** `activity_id` of the class. */
  activity: number;
  activityName: string;
  /** Where it isn't the one of the record's outcome. */
  severity?: OcsfSeverity;
  /** Of findings only. */
  findingStatus?: OcsfFindingStatus;
}

type Extras = Pick<OcsfMapping, 'severity' | 'findingStatus'>;

/** @param activity a number that the class knows, or the name of what it has none for */
function as(name: OcsfClassName, activity: number | string, extras: Extras = {}): OcsfMapping {
  if (typeof activity === 'string') return { class: name, activity: OTHER_ACTIVITY, activityName: activity, ...extras };
  const activityName = (OCSF_CLASSES[name].activities as Readonly<Record<number, string>>)[activity];
  if (activityName === undefined) throw new Error(`${name} has no activity ${activity}`);
  return { class: name, activity, activityName, ...extras };
}

/** The activities of Entity Management: what the service keeps was made, changed, ended. */
const [CREATE, READ, UPDATE, DELETE, DISABLE, ACTIVATE, DEACTIVATE] = [1, 2, 3, 4, 9, 10, 11];
const entity = (activity: number | string, extras?: Extras) => as('entityManagement', activity, extras);

/** What is done to a record that says so by itself; whatever isn't in the table is an API call of which nothing more is known. */
export const UNKNOWN_ACTION: OcsfMapping = as('apiActivity', 'Other');

/**
 * Every action of the catalogue and what it is in OCSF 1.8.0: the one table that exports and streams use. Where the next version
 * of OCSF deprecates a class (3001 and 3005 for a new 3007), 1.8.0 has no other.
 */
export const OCSF_MAPPING: Readonly<Record<string, OcsfMapping>> = {
  'access.request.denied': as('apiActivity', 'Denied', { severity: 3 }),
  'access.request.failed': as('apiActivity', 'Failed', { severity: 3 }),

  'auth.account.signed-out': as('authentication', 2),
  'auth.anonymous.failed': as('authentication', 1, { severity: 2 }),
  'auth.refresh.reused': as('authentication', 5, { severity: 4 }),
  'auth.session.ended': as('authentication', 2),
  'auth.session.refused': as('authentication', 1, { severity: 3 }),
  'auth.session.refreshed': as('authentication', 5),
  'auth.session.started': as('authentication', 1),
  'auth.token.issued': as('authentication', 4),
  'auth.token.revoked': as('authentication', 2),

  'drift.baseline.approved': entity(ACTIVATE),
  'drift.bulk_decision.completed': as('apiActivity', 'Completed'),
  'drift.bulk_decision.requested': as('apiActivity', UPDATE),
  'drift.change.accepted': as('detectionFinding', 3, { findingStatus: 4 }),
  'drift.change.denied': as('detectionFinding', 2, { findingStatus: 2 }),
  'drift.change.ignored': as('detectionFinding', 2, { findingStatus: 3 }),
  'drift.change.reopened': as('detectionFinding', 2, { findingStatus: 1 }),
  'drift.changes.baselined': entity(UPDATE),
  'drift.ignore_rule.created': entity(CREATE),
  'drift.ignore_rule.withdrawn': entity(DEACTIVATE),
  'drift.plan.read': as('apiActivity', READ),
  'drift.proposal.approved': entity('Approved'),
  'drift.proposal.declined': entity('Declined'),
  'drift.proposal.made': entity(CREATE),
  'drift.proposal.withdrawn': entity(DEACTIVATE),
  'drift.rule.overridden': entity(UPDATE),
  'drift.rule.restored': entity(DELETE),
  'drift.remediation.approved': entity('Approved'),
  'drift.remediation.declined': entity('Declined'),
  'drift.remediation.finished': as('apiActivity', 'Completed'),
  'drift.remediation.request_answered': as('apiActivity', 'Answered'),
  'drift.remediation.request_intended': as('apiActivity', 'Intended', { severity: 3 }),
  'drift.remediation.requested': entity(CREATE),
  'drift.remediation.started': as('apiActivity', 'Started', { severity: 3 }),
  'drift.scan.completed': as('scanActivity', 2),
  'drift.scan.failed': as('scanActivity', 6),
  'drift.scan.requested': as('scanActivity', 'Requested'),
  'drift.snapshot.exported': as('apiActivity', READ, { severity: 2 }),
  'drift.window.approved': entity(ACTIVATE),
  'drift.window.withdrawn': entity(DEACTIVATE),

  'audit.events.exported': as('apiActivity', READ, { severity: 2 }),
  'audit.events.read': as('apiActivity', READ),
  'audit.hold.created': entity(CREATE),
  'audit.hold.dismissed': entity(DELETE),
  'audit.hold.released': entity(DELETE),
  'audit.hold.sealed': entity(UPDATE),
  'audit.partition.adopted': entity(UPDATE, { severity: 2 }),
  'audit.partition.dropped': entity(DELETE, { severity: 2 }),
  'audit.role.granted': entity(UPDATE, { severity: 2 }),
  'audit.export.ended': as('apiActivity', 'Export ended', { severity: 2 }),
  'audit.proof.read': as('apiActivity', READ),

  'keys.checkpoint-key.resumed': entity(ACTIVATE),
  'keys.checkpoint-key.retired': entity(DEACTIVATE),
  'keys.checkpoint-key.rotated': entity(ACTIVATE),
  'keys.data-key.retired': entity(DEACTIVATE),
  'keys.data-key.rotated': entity(ACTIVATE),
  'keys.index-key.retired': entity(DEACTIVATE),
  'keys.index-key.rotated': entity(ACTIVATE),
  'keys.rewrap.completed': entity(UPDATE),
  'keys.signing-key.retired': entity(DEACTIVATE),
  'keys.signing-key.rotated': entity(ACTIVATE),
  'keys.wrapping.changed': entity(UPDATE),

  'audit.stream.adopted': entity(UPDATE, { severity: 2 }),
  'audit.stream.failed': as('apiActivity', 'Delivery failed', { severity: 4 }),
  'audit.stream.rewound': entity(UPDATE, { severity: 3 }),
  'audit.stream.shortened': as('apiActivity', 'Delivery shortened', { severity: 3 }),
  'audit.stream.recovered': as('apiActivity', 'Delivery recovered'),

  'rbac.activation.approved': as('userAccess', 1),
  'rbac.activation.cancelled': entity('Cancel'),
  'rbac.activation.denied': entity('Deny'),
  'rbac.activation.ended': as('userAccess', 2),
  'rbac.activation.requested': entity(CREATE),
  'rbac.assignment.created': as('userAccess', 1),
  'rbac.assignment.deleted': as('userAccess', 2),
  'rbac.constraint.created': entity(CREATE),
  'rbac.constraint.deleted': entity(DELETE),
  'rbac.constraint.updated': entity(UPDATE),
  'rbac.document.applied': entity(UPDATE),
  'rbac.eligibility.created': entity(CREATE),
  'rbac.eligibility.deleted': entity(DELETE),
  'rbac.namespace.created': entity(CREATE),
  'rbac.namespace.deleted': entity(DELETE),
  'rbac.namespace.updated': entity(UPDATE),
  'rbac.permissions.registered': entity(UPDATE),
  'rbac.review.cancelled': entity('Cancel'),
  'rbac.review.close_requested': entity('Close'),
  'rbac.review.closed': entity('Close'),
  'rbac.review.decided': entity(UPDATE),
  'rbac.review.removal_refused': entity('Refuse'),
  'rbac.review.started': entity(CREATE),
  'rbac.role.created': entity(CREATE),
  'rbac.role.deleted': entity(DELETE),
  'rbac.role.updated': entity(UPDATE),
  'rbac.separation.violated': as('detectionFinding', 1, { findingStatus: 1, severity: 4 }),

  'tenants.connection.changed': entity(UPDATE),
  'tenants.connection.offered': entity(CREATE),
  'tenants.connection.tested': as('apiActivity', READ),
  'tenants.connection.withdrawn': entity(DEACTIVATE),
  'tenants.tenant.created': entity(CREATE),
  'tenants.tenant.updated': entity(UPDATE),

  'users.credential.created': entity(CREATE),
  'users.credential.revoked': entity(DELETE),
  'users.group.created': as('groupManagement', 6),
  'users.group.deleted': as('groupManagement', 5),
  'users.group.synced': as('groupManagement', 'Members changed'),
  'users.provisioned-group.created': as('groupManagement', 6),
  'users.provisioned-group.deleted': as('groupManagement', 5),
  'users.provisioned-group.members-changed': as('groupManagement', 'Members changed'),
  'users.provisioned-group.updated': as('groupManagement', 'Update'),
  'users.provisioned-user.created': as('accountChange', 1),
  'users.provisioned-user.deleted': as('accountChange', 6),
  'users.provisioned-user.updated': as('accountChange', 'Update'),
  'users.service-account.created': as('accountChange', 1),
  'users.service-account.updated': as('accountChange', 'Update'),
  'users.user.created': as('accountChange', 1),
  'users.user.deleted': as('accountChange', 6),
  'users.user.updated': as('accountChange', 'Update'),

  'webhooks.delivery.delivered': as('apiActivity', 'Delivered'),
  'webhooks.delivery.given-up': as('apiActivity', 'Given up', { severity: 3 }),
  'webhooks.delivery.replayed': as('apiActivity', UPDATE),
  'webhooks.endpoint.created': entity(CREATE),
  'webhooks.endpoint.deleted': entity(DELETE),
  'webhooks.endpoint.disabled': entity(DISABLE),
  'webhooks.endpoint.replayed': as('apiActivity', UPDATE),
  'webhooks.endpoint.updated': entity(UPDATE),
  'webhooks.secret.rotated': entity(UPDATE),
};
