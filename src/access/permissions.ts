/** The closed catalogue of everything that one can be allowed to do here. A route names one; a role is a set of them. */
export const PERMISSIONS = {
  'access:read': 'See roles, permissions and assignments, and ask for decisions',
  'access:manage': 'Create roles, change what they contain, and assign them',
  'access:check': 'Ask for decisions on anybody',
  'access:approve': 'Approve or deny what others ask to activate',
  'access:review': 'Start access reviews and end them',
  'permissions:register': "Register the permissions of an application of one's own",
  'audit:read': 'Search and export the audit trail',
  'audit:hold': 'Put records of the audit trail under a legal hold, and release it',
  'drift:read': 'See scans, snapshots, reports and changes',
  'drift:scan': 'Start a scan',
  'drift:decide': 'Accept, ignore, deny or reopen a change',
  'drift:export': 'Download a whole snapshot',
  'drift:remediate': 'Ask for, and approve, that the service restores the baseline in a tenant',
  'baseline:approve': 'Approve a snapshot as the baseline',
  'groups:read': 'See groups and their members',
  'groups:manage': 'Choose the groups of Entra ID that roles can be given to',
  'health:read': 'See the details of the health check',
  'scim:provision': 'Provision people and groups by SCIM',
  'service-accounts:read': 'See service accounts and when their credentials end',
  'service-accounts:manage': 'Create and change service accounts and their credentials',
  'sessions:revoke': "End other people's sessions",
  'tenants:read': 'See the watched tenants',
  'tenants:manage': 'Add a tenant to watch and change its schedule',
  'tokens:introspect': 'Ask about tokens that were issued to others',
  'users:read': 'See users and what they may do',
  'users:manage': 'Change users: disable, enable, delete',
  'webhooks:read': 'See webhook endpoints and deliveries',
  'webhooks:manage': 'Create, change and delete webhook endpoints, and replay deliveries',
} as const;

export type Permission = keyof typeof PERMISSIONS;

const READ_DRIFT: Permission[] = ['drift:read', 'tenants:read'];

/** Roles that every installation has. Their content is this table, written to the database at start. */
export const SYSTEM_ROLES: Record<string, { description: string; permissions: Permission[] }> = {
  administrator: {
    description: 'Everything',
    permissions: Object.keys(PERMISSIONS) as Permission[],
  },
  'security-analyst': {
    description: 'Works on drift: scans, decides, exports',
    permissions: [
      ...READ_DRIFT,
      'drift:scan',
      'drift:decide',
      'drift:export',
      'users:read',
      'webhooks:read',
      'health:read',
    ],
  },
  auditor: {
    description: 'Reads everything, changes nothing',
    permissions: [
      ...READ_DRIFT,
      'drift:export',
      'audit:read',
      'access:read',
      'access:check',
      'groups:read',
      'service-accounts:read',
      'users:read',
      'webhooks:read',
      'health:read',
    ],
  },
  application: {
    description: 'An application that asks for decisions and registers its own permissions',
    permissions: ['access:check', 'permissions:register'],
  },
  provisioning: { description: 'Provisions people and groups by SCIM', permissions: ['scim:provision'] },
  viewer: { description: 'Reads drift', permissions: READ_DRIFT },
};
