import type { Settings } from '../../config/settings.js';
import { givenMasterKey, loadMasterKey } from '../master-key.js';
import { type KeyEncryptionKey, KeyEncryptionKeys } from './key-encryption-key.js';

/** The key-encryption key of KEY_VAULT, and those that may have wrapped something before it. A cloud's SDK is loaded only here. */
export async function openKeyVault(settings: Settings): Promise<KeyEncryptionKey> {
  const { KEY_VAULT, MASTER_KEY, MASTER_KEY_PREVIOUS } = settings;
  const keys: Record<Settings['KEY_VAULT'], KeyEncryptionKey | null> = {
    local: KEY_VAULT === 'local' ? loadMasterKey(settings) : givenMasterKey(MASTER_KEY),
    azure: await azureKey(settings),
    aws: await awsKey(settings),
  };
  const current = keys[KEY_VAULT];
  if (current === null) throw new Error(`the key of KEY_VAULT=${KEY_VAULT} is not set`);
  const others = [keys.local, givenMasterKey(MASTER_KEY_PREVIOUS), keys.azure, keys.aws];
  return new KeyEncryptionKeys(
    current,
    others.filter((key): key is KeyEncryptionKey => key !== null && key !== current),
  );
}

async function azureKey({ AZURE_KEY_VAULT_KEY_URL: keyUrl }: Settings): Promise<KeyEncryptionKey | null> {
  if (keyUrl === undefined) return null;
  const { AzureKeyVaultKey } = await import('./azure-key-vault-key.js');
  return AzureKeyVaultKey.open({ keyUrl });
}

async function awsKey(settings: Settings): Promise<KeyEncryptionKey | null> {
  const { AWS_KMS_KEY_ID: keyArn, AWS_KMS_ENDPOINT: endpoint } = settings;
  if (keyArn === undefined) return null;
  const { AwsKmsKey } = await import('./aws-kms-key.js');
  return AwsKmsKey.open({ keyArn, ...(endpoint === undefined ? {} : { endpoint }) });
}
