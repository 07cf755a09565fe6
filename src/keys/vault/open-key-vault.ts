import type { Settings } from '../../config/settings.js';
import { givenMasterKey, loadMasterKey } from '../master-key.js';
import { type KeyEncryptionKey, KeyEncryptionKeys } from './key-encryption-key.js';

/** The key-encryption key of KEY_VAULT, and those that may have wrapped something before it. The cloud's SDK is loaded only here. */
export async function openKeyVault(settings: Settings): Promise<KeyEncryptionKey> {
  const previous = [givenMasterKey(settings.MASTER_KEY_PREVIOUS)];
  if (settings.KEY_VAULT === 'local') {
    const before = [...previous, ...(await cloudKeys(settings))];
    return new KeyEncryptionKeys(loadMasterKey(settings), before.filter(isThere));
  }
  const [current] = await cloudKeys(settings, settings.KEY_VAULT);
  if (current === undefined) throw new Error(`the key of KEY_VAULT=${settings.KEY_VAULT} is not set`);
  const others = await cloudKeys(settings, settings.KEY_VAULT === 'azure' ? 'aws' : 'azure');
  return new KeyEncryptionKeys(current, [givenMasterKey(settings.MASTER_KEY), ...previous, ...others].filter(isThere));
}

/** Those that are set, of one cloud or of both. */
async function cloudKeys(settings: Settings, only?: 'azure' | 'aws'): Promise<KeyEncryptionKey[]> {
  const { AZURE_KEY_VAULT_KEY_URL: keyUrl, AWS_KMS_KEY_ID: keyArn, AWS_KMS_ENDPOINT: endpoint } = settings;
  const keys: KeyEncryptionKey[] = [];
  if (keyUrl !== undefined && only !== 'aws') {
    const { AzureKeyVaultKey } = await import('./azure-key-vault-key.js');
    keys.push(await AzureKeyVaultKey.open({ keyUrl }));
  }
  if (keyArn !== undefined && only !== 'azure') {
    const { AwsKmsKey } = await import('./aws-kms-key.js');
    keys.push(await AwsKmsKey.open({ keyArn, ...(endpoint === undefined ? {} : { endpoint }) }));
  }
  return keys;
}

function isThere(key: KeyEncryptionKey | null): key is KeyEncryptionKey {
  return key !== null;
}
