import type { INestApplication } from '@nestjs/common';
import { register } from 'prom-client';
import { DataSource } from 'typeorm';
import { PERMISSIONS, SYSTEM_ROLES } from '../access/permissions.js';
import { RoutePolicies } from '../access/route-policies.js';
import { auditActionCatalogue } from '../audit/audit.types.js';
import { describedSettings } from '../config/setting.decorator.js';
import { Settings } from '../config/settings.js';
import { errorCatalogue } from '../kernel/errors/domain-error.js';
import { KIND_STATUS } from '../kernel/problem/problem.js';
import { messageSchemas } from '../notifications/message-schemas.js';
import { METRIC } from '../observability/metrics.js';
import { OUTBOX_EVENTS } from '../outbox/outbox.events.js';
import { openApiDocument } from './openapi.js';
import { describeSchema } from './schema-description.js';

/** What is promised to users, as files of docs/contract: name to text. A test compares them with what the code says now. */
export async function collectContract(app: INestApplication): Promise<Record<string, string>> {
  const dataSource = app.get(DataSource);
  return {
    'openapi.json': json(openApiDocument(app)),
    'endpoints.json': json(endpoints(app)),
    'permissions.json': json({ permissions: PERMISSIONS, roles: SYSTEM_ROLES }),
    'error-codes.json': json(errorCodes()),
    'audit-events.json': json(sorted(auditActionCatalogue())),
    'events.json': json(OUTBOX_EVENTS),
    'webhook-messages.json': json(messageSchemas()),
    'metrics.json': json(metrics()),
    'configuration.md': configuration(),
    'schema.sql': await describeSchema(dataSource),
  };
}

function json(value: unknown): string {
  return `${JSON.stringify(value, null, 2)}\n`;
}

function sorted<V>(entries: ReadonlyMap<string, V>): Record<string, V> {
  return Object.fromEntries([...entries].sort(([a], [b]) => (a < b ? -1 : 1)));
}

/** Every route and what it demands: a difference here changes who can reach what. */
function endpoints(app: INestApplication) {
  const rows = app
    .get(RoutePolicies)
    .list()
    .flatMap(({ method, paths, access }) => paths.map((path) => ({ method, path, ...access })));
  return rows.sort((a, b) => `${a.path} ${a.method}`.localeCompare(`${b.path} ${b.method}`, 'en'));
}

function errorCodes() {
  const rows = [...errorCatalogue()].map(
    ([code, { kind, title }]) => [code, { status: KIND_STATUS[kind], kind, title }] as const,
  );
  return sorted(new Map(rows));
}

function metrics() {
  const own = new Set<string>(Object.values(METRIC));
  const rows = register.getMetricsAsArray().flatMap((metric) => {
    const { name, help, type, labelNames } = metric as unknown as {
      name: string;
      help: string;
      type: string;
      labelNames: string[];
    };
    return own.has(name) ? [[name, { type, help, labels: labelNames }] as const] : [];
  });
  return sorted(new Map(rows));
}

function configuration(): string {
  const defaults = new Settings() as unknown as Record<string, unknown>;
  const lines = [
    '# Settings',
    '',
    'Generated from `src/config/settings.ts`. Secrets can also be given as `NAME_FILE`.',
    '',
  ];
  for (const group of [...new Set(describedSettings().map((setting) => setting.group))]) {
    lines.push(`## ${group}`, '', '| setting | default | in production | what it does |', '|---|---|---|---|');
    for (const setting of describedSettings().filter((candidate) => candidate.group === group)) {
      const value = defaults[setting.name];
      const standard = value === undefined ? '' : `\`${String(value)}\``;
      const secret = setting.secret ? ' (secret)' : '';
      lines.push(
        `| \`${setting.name}\`${secret} | ${standard} | ${setting.requiredInProduction ? 'required' : ''} | ${setting.description.replaceAll('|', '\\|')} |`,
      );
    }
    lines.push('');
  }
  return lines.join('\n');
}
