/** What belongs to one tenant and has an id of its own; or the tenant itself. */
export const SUBJECT_KINDS = [
  'tenant',
  'scan',
  'snapshot',
  'baseline',
  'report',
  'change',
  'ignore-rule',
  'change-window',
  'proposal',
  'remediation',
] as const;
export type SubjectKind = (typeof SUBJECT_KINDS)[number];

/** Where a request names what it concerns. */
export interface Subject {
  of: SubjectKind;
  from: 'params' | 'query' | 'body';
  /** Member, or members with dots between them: `decision.changeId`. */
  at: string;
}

/** Tenants (tenants.id) that somebody may; null for all that there are and will be. */
export type TenantsInReach = readonly string[] | null;

/** By the id in the address. */
export function byId(of: SubjectKind): Subject {
  return { of, from: 'params', at: 'id' };
}

export function inQuery(of: SubjectKind, at: string): Subject {
  return { of, from: 'query', at };
}

export function inBody(of: SubjectKind, at: string): Subject {
  return { of, from: 'body', at };
}

/** What a list is made of: the tenant that was asked for, which the guard has looked at, else all that the caller may. */
export function tenantsAsked(tenant: string | undefined, inReach: TenantsInReach): TenantsInReach {
  return tenant === undefined ? inReach : [tenant.toLowerCase()];
}
