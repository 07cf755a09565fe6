import { ACCESS_CASES, ACCESS_SILENT } from './cases-access.js';
import { APP_CASES, APP_SILENT } from './cases-apps.js';
import { ORGANISATION_CASES, ORGANISATION_SILENT } from './cases-organisation.js';
import { POLICY_CASES, POLICY_SILENT } from './cases-policies.js';
import { TENANT_CASES, TENANT_SILENT } from './cases-tenant.js';
import { WATCH_CASES, WATCH_SILENT } from './cases-watch.js';
import { ORGANISATION_EDGES } from './edges-organisation.js';
import { POLICY_EDGES } from './edges-policies.js';
import { TENANT_EDGES } from './edges-tenant.js';
import type { RuleCase } from './rule-case.types.js';

const EDGES = [...POLICY_EDGES, ...TENANT_EDGES, ...ORGANISATION_EDGES];

/** Changes that a rule must speak of. */
export const CASES: RuleCase[] = [
  ...POLICY_CASES,
  ...TENANT_CASES,
  ...APP_CASES,
  ...ORGANISATION_CASES,
  ...ACCESS_CASES,
  ...WATCH_CASES,
  ...EDGES.flatMap(({ cases }) => cases),
];

/** Changes that a rule must not call a loosening; nor anything where their direction is neutral. */
export const SILENT: RuleCase[] = [
  ...POLICY_SILENT,
  ...TENANT_SILENT,
  ...APP_SILENT,
  ...ORGANISATION_SILENT,
  ...ACCESS_SILENT,
  ...WATCH_SILENT,
  ...EDGES.flatMap(({ silent }) => silent),
];
