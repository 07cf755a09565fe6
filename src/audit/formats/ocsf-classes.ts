/** The classes of OCSF 1.8.0 that records of the trail become, with those of their activities that are used. */

export const OCSF_VERSION = '1.8.0';

/** An activity that the class has no number for; then its name is our own. */
export const OTHER_ACTIVITY = 99;

export interface OcsfClass {
  uid: number;
  name: string;
  category: { uid: number; name: string };
  /** Captions of the activities, by their number. */
  activities: Readonly<Record<number, string>>;
}

const FINDINGS = { uid: 2, name: 'Findings' };
const IAM = { uid: 3, name: 'Identity & Access Management' };
const APPLICATION = { uid: 6, name: 'Application Activity' };

export const OCSF_CLASSES = {
  detectionFinding: {
    uid: 2004,
    name: 'Detection Finding',
    category: FINDINGS,
    activities: { 1: 'Create', 2: 'Update', 3: 'Close' },
  },
  accountChange: {
    uid: 3001,
    name: 'Account Change',
    category: IAM,
    activities: { 1: 'Create', 2: 'Enable', 5: 'Disable', 6: 'Delete' },
  },
  authentication: {
    uid: 3002,
    name: 'Authentication',
    category: IAM,
    activities: { 1: 'Logon', 2: 'Logoff', 4: 'Service Ticket Request', 5: 'Service Ticket Renew' },
  },
  entityManagement: {
    uid: 3004,
    name: 'Entity Management',
    category: IAM,
    activities: {
      1: 'Create',
      2: 'Read',
      3: 'Update',
      4: 'Delete',
      8: 'Enable',
      9: 'Disable',
      10: 'Activate',
      11: 'Deactivate',
      12: 'Suspend',
      13: 'Resume',
    },
  },
  userAccess: {
    uid: 3005,
    name: 'User Access Management',
    category: IAM,
    activities: { 1: 'Assign Privileges', 2: 'Revoke Privileges' },
  },
  groupManagement: {
    uid: 3006,
    name: 'Group Management',
    category: IAM,
    activities: {
      1: 'Assign Privileges',
      2: 'Revoke Privileges',
      3: 'Add User',
      4: 'Remove User',
      5: 'Delete',
      6: 'Create',
    },
  },
  apiActivity: {
    uid: 6003,
    name: 'API Activity',
    category: APPLICATION,
    activities: { 1: 'Create', 2: 'Read', 3: 'Update', 4: 'Delete' },
  },
  scanActivity: {
    uid: 6007,
    name: 'Scan Activity',
    category: APPLICATION,
    activities: { 1: 'Started', 2: 'Completed', 6: 'Error' },
  },
} as const satisfies Record<string, OcsfClass>;

export type OcsfClassName = keyof typeof OCSF_CLASSES;

export const SEVERITY_NAMES = { 1: 'Informational', 2: 'Low', 3: 'Medium', 4: 'High', 5: 'Critical' } as const;
export type OcsfSeverity = keyof typeof SEVERITY_NAMES;

/** `finding.status_id`, which in findings says how far their handling is and not whether something succeeded. */
export const FINDING_STATUS_NAMES = { 1: 'New', 2: 'In Progress', 3: 'Suppressed', 4: 'Resolved' } as const;
export type OcsfFindingStatus = keyof typeof FINDING_STATUS_NAMES;
