import type { Json, JsonObject } from '../store/json.types.js';
import type { TenantState } from '../store/tenant-state.js';
import { type Actor, initiatedBy } from './actor.js';

/** Which Microsoft service writes the event; it decides how the event's id begins. */
export type AuditService =
  | 'Core Directory'
  | 'Conditional Access'
  | 'PIM'
  | 'Authentication Methods'
  | 'Device Registration Service'
  | 'B2C';

export interface AuditEventPlan {
  service: AuditService;
  category:
    | 'Policy'
    | 'RoleManagement'
    | 'ApplicationManagement'
    | 'DirectoryManagement'
    | 'UserManagement'
    | 'GroupManagement'
    | 'Authentication'
    | 'PermissionGrantPolicy'
    | 'CrossTenantAccessSettings'
    | 'CrossTenantIdentitySyncSettings'
    | 'CertificateBasedAuthConfiguration'
    | 'AdministrativeUnit'
    | 'PolicyManagement'
    | 'ResourceManagement';
  activity: string;
  operationType: 'Add' | 'Update' | 'Delete' | 'Assign' | 'Unassign';
  targets: JsonObject[];
  details?: Record<string, string>;
}

const ID_PREFIX: Record<AuditService, string> = {
  'Core Directory': 'Directory_',
  'Conditional Access': 'IPCGraph_',
  PIM: 'PIM_',
  'Authentication Methods': 'SSGM_',
  'Device Registration Service': 'Device Registration Service_',
  B2C: 'B2C_',
};

/**
 * Writes what Entra would write of one administrative act: often several events, which share one correlation id. The last of
 * `plans` is the newest. Returns the correlation id.
 */
export function recordAct(state: TenantState, actor: Actor, plans: AuditEventPlan[], time = state.now()): string {
  const correlationId = state.ids.guid();
  const at = time.getTime();
  plans.forEach((plan, position) => {
    state.audit.append({
      id: `${ID_PREFIX[plan.service]}${state.ids.guid()}`,
      category: plan.category,
      correlationId,
      result: 'success',
      resultReason: '',
      activityDisplayName: plan.activity,
      activityDateTime: sevenDigits(new Date(at + position)),
      loggedByService: plan.service,
      operationType: plan.operationType,
      userAgent: null,
      initiatedBy: initiatedBy(actor),
      targetResources: plan.targets,
      additionalDetails: Object.entries(plan.details ?? {}).map(([key, value]) => ({ key, value })),
    });
  });
  return correlationId;
}

/** Entra writes times with seven digits of a second. */
export function sevenDigits(time: Date): string {
  return time.toISOString().replace('Z', '0000Z');
}

export function target(
  type: string,
  id: string,
  displayName: string | null,
  modified: JsonObject[] = [],
  userPrincipalName: string | null = null,
): JsonObject {
  return { id, displayName, type, userPrincipalName, groupType: null, modifiedProperties: modified };
}

/** A modified property; both values are JSON in a string, as Entra writes them (the JSON of a string is quoted twice). */
export function modifiedProperty(
  displayName: string,
  oldValue: Json | undefined,
  newValue: Json | undefined,
): JsonObject {
  return { displayName, oldValue: encoded(oldValue), newValue: encoded(newValue) };
}

function encoded(value: Json | undefined): string | null {
  return value === undefined ? null : JSON.stringify(value);
}
