import type pg from 'pg';
import type { Answered } from './tenant-load.js';

/** Every tenant beside the records of what was done to it. */
const COUNTED = `
  WITH recorded AS (
    SELECT target_id, count(*) FILTER (WHERE action = 'tenants.tenant.created') AS created, count(*) FILTER (WHERE action = 'tenants.tenant.updated') AS changed
      FROM audit_events WHERE action LIKE 'tenants.tenant.%' AND outcome = 'success' GROUP BY target_id
  )
  SELECT coalesce(t.id::text, target_id) AS id, t.entra_tenant_id, t.version, coalesce(created, 0)::int AS created, coalesce(changed, 0)::int AS changed
    FROM (SELECT * FROM tenants WHERE id <> $1) t FULL JOIN recorded ON target_id = t.id::text`;

interface CountedTenant {
  id: string;
  entra_tenant_id: string | null;
  version: number | null;
  created: number;
  changed: number;
}

/**
 * Changes and records against each other, and both against what was answered.
 *
 * @param setUp tenants.id of the tenant that the test itself wrote, without a record
 */
export async function checkMutations(client: pg.Client, setUp: string, answered: Answered): Promise<string[]> {
  const { rows } = await client.query<CountedTenant>(COUNTED, [setUp]);
  const faults = rows.flatMap(({ id, version, created, changed }) => {
    if (version === null) return [`a record tells of tenant ${id}, which isn't there`];
    if (created === 1 && changed === version - 1) return [];
    return [`tenant ${id} of version ${version} has ${created} records of its creation and ${changed} of changes`];
  });
  const versions = new Map(rows.map((row) => [row.entra_tenant_id, row.version ?? 0]));
  for (const id of answered.created)
    if (!versions.has(id)) faults.push(`tenant ${id} was answered with 201 and is gone`);
  for (const id of answered.changed)
    if (versions.get(id) !== 2) faults.push(`the change of ${id} was answered with 200 and is gone`);
  const denials = await client.query<{ request_id: string; count: number }>(
    `SELECT request_id, count(*)::int AS count FROM audit_events WHERE action = 'access.request.denied' AND outcome = 'denied' GROUP BY request_id`,
  );
  const recorded = new Map(denials.rows.map(({ request_id, count }) => [request_id, count]));
  for (const id of answered.denied) {
    if (recorded.get(id) !== 1) faults.push(`the denial ${id} was answered and has ${recorded.get(id) ?? 0} records`);
  }
  return faults;
}
