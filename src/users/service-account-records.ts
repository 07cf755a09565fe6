import type { AuditEntry } from '../audit/audit.types.js';
import type { JsonObject } from '../crypto/canonical-json.js';
import type { ServiceAccount, ServiceAccountCredential } from './service-account.types.js';
import { USER_ACTIONS } from './users.events.js';

/** @param before null when it is new */
export function accountRecord(before: ServiceAccount | null, after: ServiceAccount, reason?: string): AuditEntry {
  return {
    action: USER_ACTIONS[before === null ? 'users.service-account.created' : 'users.service-account.updated'],
    tenantId: after.tenantId,
    target: { type: 'service-account', id: after.id, displayName: after.name },
    outcome: 'success',
    ...(reason === undefined ? {} : { reason }),
    ...(before === null ? {} : { before: stateOf(before) }),
    after: stateOf(after),
  };
}

/** Says which credential and until when; never by what it is proved. */
export function credentialRecord(
  action: 'users.credential.created' | 'users.credential.revoked',
  account: ServiceAccount,
  { id, kind, thumbprint, expiresAt }: ServiceAccountCredential,
): AuditEntry {
  const state = { serviceAccountId: account.id, kind, thumbprint, expiresAt: expiresAt.toISOString() };
  return {
    action: USER_ACTIONS[action],
    tenantId: account.tenantId,
    target: { type: 'credential', id, displayName: account.name },
    outcome: 'success',
    ...(action === 'users.credential.created' ? { after: state } : { before: state }),
  };
}

function stateOf(account: ServiceAccount): JsonObject {
  const { name, description, ownerUserId, status, securityStamp, dpopRequired } = account;
  return { name, description, ownerUserId, status, securityStamp, dpopRequired };
}
