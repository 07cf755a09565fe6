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
/** 32 bytes as base64. */
const MASTER_KEY_FORM = /^[A-Za-z0-9+/]{43}=$/;
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

  @Setting({
    group: 'Entra ID',
    description:
      'File with the token that the platform gives this service (workload identity federation), instead of secret and certificate; also what federated connections of tenants use',
    example: '/var/run/secrets/azure/tokens/azure-identity-token',
  })
  @IsOptional()
  @IsString()
  @MinLength(1)
  ENTRA_CLIENT_ASSERTION_FILE?: string;

  @Setting({ group: 'Entra ID', description: 'Sign-in authority; change it for national clouds' })
  @IsUrl({ ...LOOSE_URL, protocols: ['https'] }, { message: 'must be an https:// URL' })
  ENTRA_AUTHORITY = 'https://login.microsoftonline.com';

  @Setting({ group: 'Entra ID', description: 'Microsoft Graph root with version; change it for national clouds' })
  @IsUrl({ ...LOOSE_URL, protocols: ['https'] }, { message: 'must be an https:// URL' })
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
    description:
      'What holds the key-encryption key, under which all other keys lie in the database: `local` (MASTER_KEY), `azure` (Azure Key Vault) or `aws` (AWS KMS)',
  })
  @IsIn(['local', 'azure', 'aws'])
  KEY_VAULT: 'local' | 'azure' | 'aws' = 'local';

  @Setting({
    group: 'Secrets',
    description:
      'Key-encryption key: 32 bytes as base64. Generate one with: openssl rand -base64 32. Required in production with KEY_VAULT=local; with another it opens what it wrapped before',
    example: 'REPLACE_WITH_32_BYTES_BASE64',
    secret: true,
  })
  @IsOptional()
  @Matches(MASTER_KEY_FORM, { message: 'must be 32 bytes as base64 (44 characters): openssl rand -base64 32' })
  MASTER_KEY?: string;

  @Setting({
    group: 'Secrets',
    description: 'The master key before this one, while keys are still wrapped by it (blindspotx keys rewrap)',
    secret: true,
  })
  @IsOptional()
  @Matches(MASTER_KEY_FORM, { message: 'must be 32 bytes as base64 (44 characters)' })
  MASTER_KEY_PREVIOUS?: string;

  @Setting({
    group: 'Secrets',
    description:
      'With KEY_VAULT=azure: identifier of an RSA key, without version; whoever runs the service needs keys/get, keys/wrapKey and keys/unwrapKey',
    example: 'https://example.vault.azure.net/keys/blindspotx',
  })
  @IsOptional()
  @Matches(/^https:\/\/[^/?#]+\/keys\/[A-Za-z0-9-]{1,127}$/, {
    message: 'must be https://VAULT/keys/NAME, without a version',
  })
  AZURE_KEY_VAULT_KEY_URL?: string;

  @Setting({
    group: 'Secrets',
    description:
      'With KEY_VAULT=aws: ARN of a symmetric key; whoever runs the service needs kms:DescribeKey, kms:Encrypt and kms:Decrypt',
    example: 'arn:aws:kms:eu-central-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab',
  })
  @IsOptional()
  @Matches(/^arn:[\w-]+:kms:[a-z0-9-]+:\d{12}:key\/[\w-]+$/, { message: 'must be the ARN of a key (not of an alias)' })
  AWS_KMS_KEY_ID?: string;

  @Setting({ group: 'Secrets', description: 'Endpoint of AWS KMS when it is not the one of the region' })
  @IsOptional()
  @IsUrl(
    { ...LOOSE_URL, protocols: ['https'] },
    { message: 'must begin with https://, also on this machine: keys pass through it' },
  )
  AWS_KMS_ENDPOINT?: string;

  @Setting({ group: 'Secrets', description: 'Days after which another data key seals' })
  @AsNumber()
  @IsInt()
  @Min(1)
  @Max(3650)
  DATA_KEY_ROTATION_DAYS = 90;

  @Setting({ group: 'Secrets', description: 'Values that one data key seals before another takes its place' })
  @AsNumber()
  @IsInt()
  @Min(10_000)
  @Max(2 ** 40)
  DATA_KEY_MAX_USES = 2 ** 32;

  @Setting({ group: 'Secrets', description: 'Days after which another key makes entries of keyed indexes' })
  @AsNumber()
  @IsInt()
  @Min(1)
  @Max(3650)
  INDEX_KEY_ROTATION_DAYS = 365;

  @Setting({ group: 'Secrets', description: 'Days after which another key signs checkpoints of the audit trail' })
  @AsNumber()
  @IsInt()
  @Min(8)
  @Max(3650)
  CHECKPOINT_KEY_ROTATION_DAYS = 365;

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

  @Setting({
    group: 'Audit',
    description: 'File to which each signed checkpoint of the audit trail is appended; best on another machine',
    example: '/var/lib/blindspotx/checkpoints',
  })
  @IsOptional()
  @IsString()
  @MinLength(1)
  AUDIT_CHECKPOINT_FILE?: string;

  @Setting({
    group: 'Audit',
    description: 'Stream the audit trail to this syslog receiver over TLS (RFC 5425); port 6514 when absent',
    example: 'tls://siem.example.com:6514',
  })
  @IsOptional()
  @Matches(/^tls:\/\/(?:[\w.-]+|\[[\da-f:.]+\])(?::\d{1,5})?$/i, { message: 'must be tls://host or tls://host:port' })
  AUDIT_SYSLOG_URL?: string;

  @Setting({ group: 'Audit', description: 'PEM file of the authorities that the syslog receiver may be certified by' })
  @IsOptional()
  @IsString()
  AUDIT_SYSLOG_CA_FILE?: string;

  @Setting({
    group: 'Audit',
    description: 'PEM file with certificate and private key that the syslog receiver asks for',
  })
  @IsOptional()
  @IsString()
  AUDIT_SYSLOG_CERT_FILE?: string;

  @Setting({
    group: 'Audit',
    description:
      'Whether only the closing alert of TLS proves that the syslog receiver has the records (RFC 5425 4.4); false for one that just hangs up',
  })
  @AsBoolean()
  @IsBoolean()
  AUDIT_SYSLOG_CLOSE_ALERT = true;

  @Setting({ group: 'Audit', description: 'Longest syslog message that the receiver takes, in bytes' })
  @AsNumber()
  @IsInt()
  @Min(2048)
  @Max(1_048_576)
  AUDIT_SYSLOG_MAX_BYTES = 8192;

  @Setting({
    group: 'Audit',
    description: 'Stream the audit trail to this address, in batches by POST',
    example: 'https://siem.example.com/ingest',
  })
  @IsOptional()
  @IsUrl(
    { ...LOOSE_URL, protocols: ['https'], disallow_auth: true },
    { message: 'must be an https:// URL without user name and password' },
  )
  AUDIT_HTTPS_URL?: string;

  @Setting({ group: 'Audit', description: 'Token that AUDIT_HTTPS_URL asks for', secret: true })
  @IsOptional()
  @IsString()
  @MinLength(8)
  @MaxLength(4096)
  AUDIT_HTTPS_TOKEN?: string;

  @Setting({ group: 'Audit', description: 'PEM file of the authorities that AUDIT_HTTPS_URL may be certified by' })
  @IsOptional()
  @IsString()
  AUDIT_HTTPS_CA_FILE?: string;

  @Setting({ group: 'Audit', description: 'Compress what is sent to AUDIT_HTTPS_URL' })
  @AsBoolean()
  @IsBoolean()
  AUDIT_HTTPS_GZIP = false;

  @Setting({
    group: 'Audit',
    description:
      'What AUDIT_HTTPS_URL speaks: `ndjson` (a record a line, bearer token) or `splunk` (HTTP Event Collector)',
  })
  @IsIn(['ndjson', 'splunk'])
  AUDIT_HTTPS_PROTOCOL: 'ndjson' | 'splunk' = 'ndjson';

  @Setting({ group: 'Audit', description: 'Write the audit trail as lines among those of the log, too' })
  @AsBoolean()
  @IsBoolean()
  AUDIT_STDOUT = false;

  @Setting({
    group: 'Audit',
    description: 'How streamed records are written: `ndjson` (as they were sealed) or `ocsf` (OCSF 1.8)',
  })
  @IsIn(['ndjson', 'ocsf'])
  AUDIT_STREAM_FORMAT: 'ndjson' | 'ocsf' = 'ndjson';

  @Setting({ group: 'Audit', description: 'Days for which records of what the service does by itself are kept' })
  @AsNumber()
  @IsInt()
  @Min(1)
  @Max(36_500)
  AUDIT_RETENTION_OPERATION_DAYS = 90;

  @Setting({ group: 'Audit', description: 'Days for which all other audit records are kept' })
  @AsNumber()
  @IsInt()
  @Min(1)
  @Max(36_500)
  AUDIT_RETENTION_SECURITY_DAYS = 365;

  @Setting({
    group: 'Audit',
    description:
      'Folder that months of the audit trail are exported to before they are dropped; without it none is dropped',
    example: '/var/lib/blindspotx/audit-archive',
  })
  @IsOptional()
  @IsString()
  @MinLength(1)
  AUDIT_ARCHIVE_DIR?: string;

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
