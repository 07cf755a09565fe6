import 'reflect-metadata';
import { DataSource, type DataSourceOptions } from 'typeorm';
import { RefreshToken } from './src/auth/refresh/refresh-token.entity.js';
import { UserSession } from './src/auth/sessions/user-session.entity.js';
import { SignInAttempt } from './src/auth/sign-in/sign-in-attempt.entity.js';
import { Tenants1764000000001 } from './src/database/migrations/0001-tenants.js';
import { Users1764000000002 } from './src/database/migrations/0002-users.js';
import { Rbac1764000000003 } from './src/database/migrations/0003-rbac.js';
import { Keys1764000000004 } from './src/database/migrations/0004-keys.js';
import { Auth1764000000005 } from './src/database/migrations/0005-auth.js';
import { Audit1764000000006 } from './src/database/migrations/0006-audit.js';
import { Jobs1764000000007 } from './src/database/migrations/0007-jobs.js';
import { Outbox1764000000008 } from './src/database/migrations/0008-outbox.js';
import { Notifications1764000000009 } from './src/database/migrations/0009-notifications.js';
import { Drift1764000000010 } from './src/database/migrations/0010-drift.js';
import { Programs1764000000011 } from './src/database/migrations/0011-programs.js';
import { Access1764000000012 } from './src/database/migrations/0012-access.js';
import { UsersSearch1764000000013 } from './src/database/migrations/0013-users-search.js';
import { AuditLog1764000000014 } from './src/database/migrations/0014-audit-log.js';
import { KeyManagement1764000000015 } from './src/database/migrations/0015-key-management.js';
import { AuditRetention1764000000016 } from './src/database/migrations/0016-audit-retention.js';
import { AuditStreams1764000000017 } from './src/database/migrations/0017-audit-streams.js';
import { EncryptionAtRest1764000000019 } from './src/database/migrations/0019-encryption-at-rest.js';
import { DriftControls1764000000020 } from './src/database/migrations/0020-drift-controls.js';
import { DriftHeads1764000000021 } from './src/database/migrations/0021-drift-heads.js';
import { SealedAlone1764000000022 } from './src/database/migrations/0022-sealed-alone.js';
import { AuditEvidence1764000000023 } from './src/database/migrations/0023-audit-evidence.js';
import { Alerts1764000000024 } from './src/database/migrations/0024-alerts.js';
import { DriftAnalytics1764000000025 } from './src/database/migrations/0025-drift-analytics.js';
import { DriftDecisions1764000000026 } from './src/database/migrations/0026-drift-decisions.js';
import { DriftRules1764000000027 } from './src/database/migrations/0027-drift-rules.js';
import { AuditPatrol1764000000028 } from './src/database/migrations/0028-audit-patrol.js';
import { KeptRecords1764000000029 } from './src/database/migrations/0029-kept-records.js';
import { RunningRole1764000000030 } from './src/database/migrations/0030-running-role.js';
import { CollectionMarks1764000000031 } from './src/database/migrations/0031-collection-marks.js';
import { DriftRemediations1764000000032 } from './src/database/migrations/0032-drift-remediations.js';
import { DriftPeople1764000000033 } from './src/database/migrations/0033-drift-people.js';
import { DriftUpkeep1764000000034 } from './src/database/migrations/0034-drift-upkeep.js';
import { AuditGuards1764000000035 } from './src/database/migrations/0035-audit-guards.js';
import { TenantConnections1764000000036 } from './src/database/migrations/0036-tenant-connections.js';
import { MembershipKeys1764000000037 } from './src/database/migrations/0037-membership-keys.js';
import { DriftBaseline } from './src/drift/baseline/drift-baseline.entity.js';
import { DriftControl } from './src/drift/controls/drift-control.entity.js';
import { DriftIgnoreRule } from './src/drift/decisions/drift-ignore-rule.entity.js';
import { DriftProposal } from './src/drift/decisions/drift-proposal.entity.js';
import { DriftRuleOverride } from './src/drift/overrides/rule-override.entity.js';
import { DriftChange } from './src/drift/report/drift-change.entity.js';
import { DriftReport } from './src/drift/report/drift-report.entity.js';
import { ConfigSnapshot } from './src/drift/snapshot/config-snapshot.entity.js';
import { DriftChangeWindow } from './src/drift/windows/change-window.entity.js';
import { DataKey } from './src/keys/data-key.entity.js';
import { SigningKeyRow } from './src/keys/signing-key.entity.js';
import { WebhookDelivery } from './src/notifications/webhook-delivery.entity.js';
import { WebhookEndpoint } from './src/notifications/webhook-endpoint.entity.js';
import { RoleAssignment } from './src/rbac/assignments/role-assignment.entity.js';
import { Permission } from './src/rbac/permission.entity.js';
import { Role } from './src/rbac/role.entity.js';
import { RolePermission } from './src/rbac/roles/role-permission.entity.js';
import { Tenant } from './src/tenants/tenant.entity.js';
import { TenantConnection } from './src/tenants/tenant-connection.entity.js';
import { ServiceAccountRow } from './src/users/service-account.entity.js';
import { ServiceAccountCredentialRow } from './src/users/service-account-credential.entity.js';
import { User } from './src/users/user.entity.js';

/**
 * Entities and migrations, each listed once. TypeORM's own command line reads the default export of the build:
 * `npx typeorm migration:show -d dist/ormconfig.js`.
 */
export const entities: NonNullable<DataSourceOptions['entities']> = [
  Tenant,
  TenantConnection,
  User,
  Permission,
  Role,
  RolePermission,
  RoleAssignment,
  DataKey,
  SigningKeyRow,
  UserSession,
  RefreshToken,
  SignInAttempt,
  ConfigSnapshot,
  DriftBaseline,
  DriftReport,
  DriftChange,
  DriftControl,
  DriftIgnoreRule,
  DriftProposal,
  DriftRuleOverride,
  DriftChangeWindow,
  WebhookEndpoint,
  WebhookDelivery,
  ServiceAccountRow,
  ServiceAccountCredentialRow,
];

export const migrations: NonNullable<DataSourceOptions['migrations']> = [
  Tenants1764000000001,
  Users1764000000002,
  Rbac1764000000003,
  Keys1764000000004,
  Auth1764000000005,
  Audit1764000000006,
  Jobs1764000000007,
  Outbox1764000000008,
  Notifications1764000000009,
  Drift1764000000010,
  Programs1764000000011,
  Access1764000000012,
  UsersSearch1764000000013,
  AuditLog1764000000014,
  KeyManagement1764000000015,
  AuditRetention1764000000016,
  AuditStreams1764000000017,
  EncryptionAtRest1764000000019,
  DriftControls1764000000020,
  DriftHeads1764000000021,
  SealedAlone1764000000022,
  AuditEvidence1764000000023,
  Alerts1764000000024,
  DriftAnalytics1764000000025,
  DriftDecisions1764000000026,
  DriftRules1764000000027,
  AuditPatrol1764000000028,
  KeptRecords1764000000029,
  RunningRole1764000000030,
  CollectionMarks1764000000031,
  DriftRemediations1764000000032,
  DriftPeople1764000000033,
  DriftUpkeep1764000000034,
  AuditGuards1764000000035,
  TenantConnections1764000000036,
  MembershipKeys1764000000037,
];

export interface DatabaseSettings {
  DATABASE_URL?: string;
  DATABASE_POOL_MAX: number;
  DATABASE_QUEUE_TIMEOUT_MS: number;
  DATABASE_STATEMENT_TIMEOUT_MS: number;
}

/** @param settings of the process; see src/config/settings.ts */
export function dataSourceOptions(settings: DatabaseSettings): DataSourceOptions {
  return {
    type: 'postgres',
    url: settings.DATABASE_URL,
    entities,
    migrations,
    migrationsTableName: 'migrations',
    synchronize: false,
    logging: false,
    poolSize: settings.DATABASE_POOL_MAX,
    connectTimeoutMS: settings.DATABASE_QUEUE_TIMEOUT_MS,
    applicationName: 'blindspotx',
    extra: {
      statement_timeout: settings.DATABASE_STATEMENT_TIMEOUT_MS,
      // A connection that died half-open must not hold a request longer than its statement may.
      query_timeout: settings.DATABASE_STATEMENT_TIMEOUT_MS + 2000,
      idle_in_transaction_session_timeout: 60_000,
      keepAlive: true,
    },
  };
}

export default new DataSource(
  dataSourceOptions({
    DATABASE_URL: process.env['DATABASE_URL'],
    DATABASE_POOL_MAX: 2,
    DATABASE_QUEUE_TIMEOUT_MS: 5000,
    DATABASE_STATEMENT_TIMEOUT_MS: 600_000,
  }),
);
