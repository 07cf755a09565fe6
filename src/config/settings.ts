import {
  IsBoolean,
  IsIn,
  IsInt,
  IsOptional,
  IsString,
  IsUrl,
  IsUUID,
  Matches,
  Max,
  MaxLength,
  Min,
  MinLength,
} from 'class-validator';
import { AsBoolean, AsNumber, Setting } from './setting.decorator.js';

const LOOSE_URL = { require_tld: false, require_protocol: true, protocols: ['http', 'https'] };
const LOG_LEVELS = ['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'] as const;

/** The environment, typed. Loaded and checked once by loadSettings; nothing else reads process.env. */
export class Settings {
  @Setting({ group: 'Service', description: '`production` refuses to start without real secrets and a database' })
  @IsIn(['development', 'test', 'production'])
  NODE_ENV: 'development' | 'test' | 'production' = 'development';

  @Setting({ group: 'Service', description: 'Port of the API; 0 takes a free one', example: '3000' })
  @AsNumber()
  @IsInt()
  @Min(0)
  @Max(65535)
  PORT = 3000;

  @Setting({ group: 'Service', description: 'Address to listen on; all addresses in production, loopback otherwise' })
  @IsOptional()
  @IsString()
  HOST?: string;

  @Setting({
    group: 'Service',
    description: 'The address under which browsers reach the service; sign-in redirects and cookies depend on it',
    example: 'https://blindspotx.example.com',
    requiredInProduction: true,
  })
  @IsOptional()
  @IsUrl(LOOSE_URL)
  PUBLIC_URL?: string;

  @Setting({
    group: 'Service',
    description: 'What this process does: `all`, `api` (requests only) or `worker` (scans, deliveries only)',
  })
  @IsIn(['all', 'api', 'worker'])
  PROCESS_ROLE: 'all' | 'api' | 'worker' = 'all';

  @Setting({
    group: 'Service',
    description: 'How many reverse proxies in front may be believed about the source address',
  })
  @AsNumber()
  @IsInt()
  @Min(0)
  @Max(10)
  TRUSTED_PROXIES = 0;

  @Setting({
    group: 'Service',
    description: 'Folder for the embedded PostgreSQL and the generated development key (not used in production)',
  })
  @IsString()
  @MinLength(1)
  DATA_DIR = '.data';

  @Setting({
    group: 'Database',
    description: 'PostgreSQL 15 or newer. Without it (development) an embedded PostgreSQL is started in DATA_DIR',
    example: 'postgres://blindspotx:change-me@db:5432/blindspotx',
    secret: true,
    requiredInProduction: true,
  })
  @IsOptional()
  @Matches(/^postgres(ql)?:\/\/.+/, { message: 'must be a postgres:// URL' })
  DATABASE_URL?: string;

  @Setting({ group: 'Database', description: 'Connections in the pool of one process' })
  @AsNumber()
  @IsInt()
  @Min(2)
  @Max(500)
  DATABASE_POOL_MAX = 10;

  @Setting({
    group: 'Database',
    description: 'How long a request waits for a free connection before it is answered 503, in milliseconds',
  })
  @AsNumber()
  @IsInt()
  @Min(50)
  @Max(60_000)
  DATABASE_QUEUE_TIMEOUT_MS = 3000;

  @Setting({ group: 'Database', description: 'Longest time one statement may run, in milliseconds' })
  @AsNumber()
  @IsInt()
  @Min(100)
  @Max(600_000)
  DATABASE_STATEMENT_TIMEOUT_MS = 15_000;

  @Setting({
    group: 'Database',
    description: 'Run pending migrations at start; default true, in production false (use `blindspotx db migrate`)',
  })
  @IsOptional()
  @AsBoolean()
  @IsBoolean()
  MIGRATE_ON_START?: boolean;

  @Setting({ group: 'Observability', description: 'Lowest level that is logged' })
  @IsIn(LOG_LEVELS)
  LOG_LEVEL: (typeof LOG_LEVELS)[number] = 'info';

  @Setting({
    group: 'Observability',
    description: 'Bearer token that /metrics demands. Without it /metrics is closed on PORT',
    secret: true,
  })
  @IsOptional()
  @IsString()
  @MinLength(16)
  METRICS_TOKEN?: string;

  @Setting({ group: 'Observability', description: 'Serve /metrics without a token on this port of its own instead' })
  @IsOptional()
  @AsNumber()
  @IsInt()
  @Min(0)
  @Max(65535)
  METRICS_PORT?: number;

  @Setting({
    group: 'Entra ID',
    description: 'The tenant (directory) id: whose people sign in, and the first tenant that is watched',
    example: '00000000-0000-0000-0000-000000000000',
    requiredInProduction: true,
  })
  @IsOptional()
  @IsUUID('loose')
  ENTRA_TENANT_ID?: string;

  @Setting({
    group: 'Entra ID',
    description: 'Application (client) id of the registration that this service signs in with',
    example: '00000000-0000-0000-0000-000000000000',
    requiredInProduction: true,
  })
  @IsOptional()
  @IsUUID('loose')
  ENTRA_CLIENT_ID?: string;

  @Setting({
    group: 'Entra ID',
    description: 'Client secret of that registration, unless a certificate is used',
    secret: true,
  })
  @IsOptional()
  @IsString()
  @MinLength(8)
  @MaxLength(512)
  ENTRA_CLIENT_SECRET?: string;

  @Setting({ group: 'Entra ID', description: 'PEM file with private key and certificate, instead of the secret' })
  @IsOptional()
  @IsString()
  ENTRA_CLIENT_CERTIFICATE_FILE?: string;

  @Setting({ group: 'Entra ID', description: 'Sign-in authority; change it for national clouds' })
  @IsUrl({ ...LOOSE_URL, protocols: ['https'] })
  ENTRA_AUTHORITY = 'https://login.microsoftonline.com';

  @Setting({ group: 'Entra ID', description: 'Microsoft Graph root with version; change it for national clouds' })
  @IsUrl({ ...LOOSE_URL, protocols: ['https'] })
  GRAPH_BASE_URL = 'https://graph.microsoft.com/v1.0';

  @Setting({
    group: 'Entra ID',
    description: 'Scope of our API that an Entra access token must have been granted (scp) to be accepted as bearer',
  })
  @Matches(/^[\w.:/-]{1,120}$/)
  ENTRA_API_SCOPE = 'access_as_user';

  @Setting({
    group: 'Entra ID',
    description: 'Object id of the user of ENTRA_TENANT_ID who becomes administrator by signing in',
    example: '00000000-0000-0000-0000-000000000000',
    requiredInProduction: true,
  })
  @IsOptional()
  @IsUUID('loose')
  BOOTSTRAP_ADMIN_OBJECT_ID?: string;

  @Setting({
    group: 'Secrets',
    description: 'Key-encryption key: 32 bytes as base64. Generate one with: openssl rand -base64 32',
    example: 'REPLACE_WITH_32_BYTES_BASE64',
    secret: true,
    requiredInProduction: true,
  })
  @IsOptional()
  @Matches(/^[A-Za-z0-9+/]{43}=$/, { message: 'must be 32 bytes as base64 (44 characters): openssl rand -base64 32' })
  MASTER_KEY?: string;

  @Setting({
    group: 'Secrets',
    description: 'Days after which another key signs access tokens; the next one is published long before',
  })
  @AsNumber()
  @IsInt()
  @Min(1)
  @Max(365)
  SIGNING_KEY_ROTATION_DAYS = 30;

  @Setting({
    group: 'Entra ID',
    description: 'Seconds between two passes that end sessions of people whom Entra ID disabled, deleted or signed out',
  })
  @AsNumber()
  @IsInt()
  @Min(5)
  @Max(86_400)
  DIRECTORY_PASS_INTERVAL_SECONDS = 300;

  @Setting({
    group: 'Limits',
    description: 'Sign-ins that one source address may begin in a minute, over all instances; 0 for no limit',
  })
  @AsNumber()
  @IsInt()
  @Min(0)
  @Max(10_000_000)
  RATE_LIMIT_SIGN_INS_PER_MINUTE = 300;

  @Setting({
    group: 'Limits',
    description:
      'Token, refresh, introspection and revocation requests of one source address in a minute, over all instances; 0 for no limit',
  })
  @AsNumber()
  @IsInt()
  @Min(0)
  @Max(10_000_000)
  RATE_LIMIT_TOKENS_PER_MINUTE = 3000;

  @Setting({
    group: 'Limits',
    description: 'Refused credentials of one source address in a minute, over all instances; 0 for no limit',
  })
  @AsNumber()
  @IsInt()
  @Min(0)
  @Max(10_000_000)
  RATE_LIMIT_FAILURES_PER_MINUTE = 300;

  @Setting({ group: 'Drift', description: 'Seconds between two scheduled scans of the first tenant' })
  @AsNumber()
  @IsInt()
  @Min(1)
  @Max(86_400)
  DRIFT_SCAN_INTERVAL_SECONDS = 300;

  @Setting({
    group: 'Webhooks',
    description: 'Allow webhook receivers on loopback and private addresses (server-side request forgery guard off)',
  })
  @AsBoolean()
  @IsBoolean()
  WEBHOOK_ALLOW_PRIVATE_ADDRESSES = false;
}
