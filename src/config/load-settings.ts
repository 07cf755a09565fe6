import { readFileSync } from 'node:fs';
import { plainToInstance } from 'class-transformer';
import { validateSync } from 'class-validator';
import { describedSettings } from './setting.decorator.js';
import { Settings } from './settings.js';

/** Every fault of the configuration at once, one line each. */
export class ConfigurationError extends Error {
  constructor(readonly faults: string[]) {
    super(`The configuration is not usable:\n${faults.map((fault) => `  - ${fault}`).join('\n')}`);
    this.name = 'ConfigurationError';
  }
}

/** What .env.example and tutorials carry in place of a secret. Nobody's production may run on one. */
const PLACEHOLDER = /replace|change[-_ ]?me|example|placeholder|your[-_ ]|^x{6,}|^0{8}-0000|^(.)\1+=?$/i;

/**
 * Reads and checks the environment.
 *
 * @param env usually process.env; NAME_FILE names a file that holds a secret's value
 * @throws ConfigurationError listing every fault
 */
export function loadSettings(env: Record<string, string | undefined>): Settings {
  const faults: string[] = [];
  const given: Record<string, string> = {};
  for (const { name, secret } of describedSettings()) {
    const value = secret ? secretValue(env, name, faults) : env[name];
    if (value !== undefined && value !== '') given[name] = value;
  }

  const settings = plainToInstance(Settings, given, { exposeDefaultValues: true });
  for (const { property, constraints } of validateSync(settings, { forbidUnknownValues: true })) {
    faults.push(
      `${property}: ${Object.values(constraints ?? {})
        .map((text) => withoutName(text, property))
        .join('; ')}`,
    );
  }
  if (settings.NODE_ENV === 'production') faults.push(...productionFaults(settings));
  faults.push(...keyVaultFaults(settings));
  if (faults.length > 0) throw new ConfigurationError(faults);
  return settings;
}

function secretValue(env: Record<string, string | undefined>, name: string, faults: string[]): string | undefined {
  const file = env[`${name}_FILE`];
  if (file === undefined || file === '') return env[name];
  if (env[name]) faults.push(`${name}: is set together with ${name}_FILE; keep one`);
  try {
    return readFileSync(file, 'utf8').trim();
  } catch (error) {
    faults.push(`${name}_FILE: cannot be read (${(error as NodeJS.ErrnoException).code ?? 'unknown'})`);
    return undefined;
  }
}

function withoutName(text: string, property: string): string {
  return text.startsWith(`${property} `) ? text.slice(property.length + 1) : text;
}

function productionFaults(settings: Settings): string[] {
  const faults: string[] = [];
  for (const { name, requiredInProduction, secret } of describedSettings()) {
    const value = settings[name as keyof Settings];
    if (requiredInProduction && value === undefined) faults.push(`${name}: is required when NODE_ENV=production`);
    if ((secret || requiredInProduction) && typeof value === 'string' && PLACEHOLDER.test(value)) {
      faults.push(`${name}: still holds the placeholder; set a value of your own`);
    }
  }
  const { ENTRA_CLIENT_SECRET, ENTRA_CLIENT_CERTIFICATE_FILE, ENTRA_CLIENT_ASSERTION_FILE } = settings;
  if ((ENTRA_CLIENT_SECRET ?? ENTRA_CLIENT_CERTIFICATE_FILE ?? ENTRA_CLIENT_ASSERTION_FILE) === undefined) {
    faults.push(
      'ENTRA_CLIENT_SECRET: is required when NODE_ENV=production (or ENTRA_CLIENT_CERTIFICATE_FILE, or ENTRA_CLIENT_ASSERTION_FILE)',
    );
  }
  if (settings.PUBLIC_URL !== undefined && !settings.PUBLIC_URL.startsWith('https://')) {
    faults.push('PUBLIC_URL: must be https when NODE_ENV=production');
  }
  return faults;
}

function keyVaultFaults(settings: Settings): string[] {
  const { KEY_VAULT, NODE_ENV, MASTER_KEY, AZURE_KEY_VAULT_KEY_URL, AWS_KMS_KEY_ID } = settings;
  if (KEY_VAULT === 'azure' && AZURE_KEY_VAULT_KEY_URL === undefined) {
    return ['AZURE_KEY_VAULT_KEY_URL: is required when KEY_VAULT=azure'];
  }
  if (KEY_VAULT === 'aws' && AWS_KMS_KEY_ID === undefined) return ['AWS_KMS_KEY_ID: is required when KEY_VAULT=aws'];
  if (KEY_VAULT === 'local' && NODE_ENV === 'production' && MASTER_KEY === undefined) {
    return ['MASTER_KEY: is required when NODE_ENV=production'];
  }
  return [];
}
