import { printable, whyNotAssessed } from '../../drift/report/printable.js';
import { type ApiClient, type ApiObject, isApiObject } from './api-client.js';
import type { CliIo } from './cli-io.js';

export interface ListOptions {
  tenant?: string;
  state?: string;
  substate?: string;
  severity?: string;
  limit: number;
  json?: true;
}

/** `drift list`: changes, and below them what wasn't read and may have changed, so that a list isn't taken for more than it says. */
export async function list(options: ListOptions, client: ApiClient, io: CliIo): Promise<void> {
  const { tenant, state, substate, severity, limit, json } = options;
  const changes = await client.list('/drift/changes', { tenant, state, substate, severity }, limit);
  if (json) {
    io.out(`${JSON.stringify(changes, null, 2)}\n`);
    return;
  }
  const tenants = itemsOf(await client.get('/drift/status', { tenant }));
  const gaps = tenants.flatMap(notAssessed);
  const names = new Map(tenants.map((status) => [status['tenantId'], cell(status, 'displayName')]));
  if (changes.length === 0) io.out(gaps.length === 0 ? 'No changes.\n' : 'No changes in what was assessed.\n');
  for (const change of changes) io.out(`${line(change, names.get(change['tenantId']))}\n`);
  for (const gap of gaps) io.out(`${gap}\n`);
}

/** A line for each type of a report that says nothing about drift. */
export function typesNotAssessed({ incomplete }: ApiObject, whose = ''): string[] {
  const types = Array.isArray(incomplete) ? incomplete.filter(isApiObject) : [];
  return types.map(({ resourceType, reason, since }) => {
    const why = whyNotAssessed({ reason: String(reason), since: typeof since === 'string' ? since : null });
    return `${whose}${printable(String(resourceType))}: ${printable(why)}`;
  });
}

function notAssessed(status: ApiObject): string[] {
  const whose = `${cell(status, 'displayName') || cell(status, 'tenantId')}: `;
  const { outage, lastScanAt } = status;
  if (isApiObject(outage)) {
    const why = whyNotAssessed({ reason: String(outage['reason']), since: String(outage['since']) });
    return [whose + printable(why), ...typesNotAssessed(status, whose)];
  }
  if (lastScanAt === null) return [`${whose}not assessed: no scan has ended yet`];
  return typesNotAssessed(status, whose);
}

function line(change: ApiObject, tenant: string | undefined): string {
  const name = cell(change, 'displayName') || cell(change, 'resourceKey');
  return [
    cell(change, 'severity').padEnd(8),
    cell(change, 'state').padEnd(8),
    cell(change, 'id'),
    tenant ?? cell(change, 'tenantId'),
    cell(change, 'resourceType'),
    `"${name}"`,
    cell(change, 'path') || cell(change, 'changeType'),
  ].join('  ');
}

function cell(row: ApiObject, name: string): string {
  return printable(String(row[name] ?? ''));
}

function itemsOf({ items }: ApiObject): ApiObject[] {
  return Array.isArray(items) ? items.filter(isApiObject) : [];
}
