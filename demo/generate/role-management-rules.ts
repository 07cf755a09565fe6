import type { JsonObject } from '../store/json.types.js';

type Caller = 'Admin' | 'EndUser';
type Level = 'Eligibility' | 'Assignment';

/**
 * The seventeen rules that Privileged Identity Management keeps for each role, under Entra's own ids
 * (Microsoft Graph: unifiedRoleManagementPolicyRule). `strict`: activation needs an approval.
 */
export function roleManagementRules(strict: boolean): JsonObject[] {
  const scopes: [Caller, Level][] = [
    ['Admin', 'Eligibility'],
    ['Admin', 'Assignment'],
    ['EndUser', 'Assignment'],
  ];
  return [
    ...scopes.flatMap(([caller, level]) => [
      expiration(caller, level),
      enablement(caller, level),
      ...notifications(caller, level),
    ]),
    approval(strict),
    rule('AuthenticationContext_EndUser_Assignment', 'AuthenticationContext', 'EndUser', 'Assignment', {
      isEnabled: false,
      claimValue: '',
    }),
  ];
}

function expiration(caller: Caller, level: Level): JsonObject {
  const activation = caller === 'EndUser';
  return rule(`Expiration_${caller}_${level}`, 'Expiration', caller, level, {
    isExpirationRequired: true,
    maximumDuration: activation ? 'PT8H' : level === 'Eligibility' ? 'P365D' : 'P180D',
  });
}

function enablement(caller: Caller, level: Level): JsonObject {
  const needed =
    caller === 'EndUser'
      ? ['MultiFactorAuthentication', 'Justification']
      : level === 'Assignment'
        ? ['Justification']
        : [];
  return rule(`Enablement_${caller}_${level}`, 'Enablement', caller, level, { enabledRules: needed });
}

function notifications(caller: Caller, level: Level): JsonObject[] {
  return ['Admin', 'Requestor', 'Approver'].map((recipientType) =>
    rule(`Notification_${recipientType}_${caller}_${level}`, 'Notification', caller, level, {
      notificationType: 'Email',
      recipientType,
      notificationLevel: 'All',
      isDefaultRecipientsEnabled: true,
      notificationRecipients: recipientType === 'Admin' ? ['identity-alerts@example.com'] : [],
    }),
  );
}

function approval(strict: boolean): JsonObject {
  return rule('Approval_EndUser_Assignment', 'Approval', 'EndUser', 'Assignment', {
    setting: {
      isApprovalRequired: strict,
      isApprovalRequiredForExtension: false,
      isRequestorJustificationRequired: true,
      approvalMode: 'SingleStage',
      approvalStages: [
        {
          approvalStageTimeOutInDays: 1,
          isApproverJustificationRequired: true,
          escalationTimeInMinutes: 0,
          isEscalationEnabled: false,
          primaryApprovers: [],
          escalationApprovers: [],
        },
      ],
    },
  });
}

function rule(id: string, kind: string, caller: Caller, level: Level, about: JsonObject): JsonObject {
  return {
    '@odata.type': `#microsoft.graph.unifiedRoleManagementPolicy${kind}Rule`,
    id,
    ...about,
    target: { caller, operations: ['all'], level, inheritableSettings: [], enforcedSettings: [] },
  };
}
