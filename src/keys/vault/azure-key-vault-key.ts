import { randomBytes } from 'node:crypto';
import type { TokenCredential } from '@azure/identity';
import type { CryptographyClient, CryptographyClientOptions, KeyClient } from '@azure/keyvault-keys';
import { openWithKey, SealBroken, sealWithKey } from '../../crypto/envelope.js';
import type { SealedPlace } from '../../crypto/key-ring.js';
import { KeyEncryptionKey, type WrappedKey } from './key-encryption-key.js';
import { loadSdk } from './load-sdk.js';
import { VAULT_RETRIES, VAULT_TRY_MS, vaultCall, vaultMistaken } from './vault-call.js';

const PREFIX = 'azure:';
const ALGORITHM = 'RSA-OAEP-256';
/** Of what is stored: format (1 byte, 1) | length of the next (2, big endian) | one-time key as the vault wrapped it | sealed key. */
const FORMAT = 1;
const LEAD_BYTES = 3;
const ONE_TIME_KEY_BYTES = 32;

export interface AzureKeyVaultSettings {
  /** https://VAULT/keys/NAME */
  keyUrl: string;
}

/**
 * An RSA key in Azure Key Vault. The vault wraps bytes and nothing about them; so that a wrapped key can't be put into another row, the
 * vault wraps a one-time key, and that seals the key with its place. Which version wrapped is stored beside it: the vault may rotate
 * the key, older versions go on opening.
 */
export class AzureKeyVaultKey extends KeyEncryptionKey {
  readonly name: string;
  private readonly keyName: string;
  private readonly clients = new Map<string, CryptographyClient>();

  private constructor(
    private readonly keyUrl: string,
    private readonly keys: KeyClient,
    private readonly cryptography: (keyId: string) => CryptographyClient,
  ) {
    super();
    this.name = `the Azure Key Vault key ${keyUrl}`;
    this.keyName = keyUrl.split('/').at(-1) ?? '';
  }

  /**
   * Loads the SDKs, which nobody else needs. Credentials come from where the SDK finds them: environment, workload or managed
   * identity.
   *
   * @param credential instead of those
   * @param overrides of the SDK's clients
   * @throws ConfigurationError when an SDK isn't installed
   */
  static async open(
    { keyUrl }: AzureKeyVaultSettings,
    credential?: TokenCredential,
    overrides: CryptographyClientOptions = {},
  ): Promise<AzureKeyVaultKey> {
    const [{ DefaultAzureCredential }, { CryptographyClient, KeyClient }] = await loadSdk(
      'AZURE_KEY_VAULT_KEY_URL (KEY_VAULT=azure)',
      ['@azure/identity', '@azure/keyvault-keys'],
      () => Promise.all([import('@azure/identity'), import('@azure/keyvault-keys')]),
    );
    const who = credential ?? new DefaultAzureCredential();
    const options = { retryOptions: { maxRetries: VAULT_RETRIES, maxRetryDelayInMs: VAULT_TRY_MS }, ...overrides };
    return new AzureKeyVaultKey(
      keyUrl,
      new KeyClient(new URL(keyUrl).origin, who, options),
      (keyId) => new CryptographyClient(keyId, who, options),
    );
  }

  async currentId(): Promise<string> {
    const { id } = await vaultCall(this.name, 'get key', (abortSignal) =>
      this.keys.getKey(this.keyName, { abortSignal }),
    );
    return `${PREFIX}${this.answered(id, this.keyUrl)}`;
  }

  opens(wrappedBy: string): boolean {
    return wrappedBy.startsWith(PREFIX);
  }

  async wrap(key: Uint8Array, place: SealedPlace): Promise<WrappedKey> {
    const oneTimeKey = randomBytes(ONE_TIME_KEY_BYTES);
    const { result, keyID } = await vaultCall(this.name, 'wrap key', (abortSignal) =>
      this.cryptography(this.keyUrl).wrapKey(ALGORITHM, oneTimeKey, { abortSignal }),
    );
    const lead = Buffer.alloc(LEAD_BYTES);
    lead.writeUInt8(FORMAT, 0);
    lead.writeUInt16BE(result.byteLength, 1);
    const wrapped = Buffer.concat([lead, result, sealWithKey(oneTimeKey, 0, key, place)]);
    return { wrapped, wrappedBy: `${PREFIX}${this.answered(keyID, this.keyUrl)}` };
  }

  async unwrap(wrapped: Uint8Array, wrappedBy: string, place: SealedPlace): Promise<Buffer> {
    const value = Buffer.from(wrapped);
    if (value.byteLength < LEAD_BYTES || value[0] !== FORMAT) throw new SealBroken('Azure Key Vault did not wrap it');
    const sealedAt = LEAD_BYTES + value.readUInt16BE(1);
    const version = this.versionHere(wrappedBy);
    const { result, keyID } = await vaultCall(
      this.name,
      'unwrap key',
      (abortSignal) =>
        this.clientOf(version).unwrapKey(ALGORITHM, value.subarray(LEAD_BYTES, sealedAt), {
          abortSignal,
        }),
      isRefused,
    );
    this.answered(keyID, version);
    return openWithKey(result, value.subarray(sealedAt), place);
  }

  /** By name and version only: a key that was restored from its backup has them too, in whatever vault. */
  private versionHere(wrappedBy: string): string {
    const [, name, version] = /\/keys\/([^/]+)\/([^/]+)$/.exec(wrappedBy) ?? [];
    return name === undefined || version === undefined
      ? this.keyUrl
      : `${new URL(this.keyUrl).origin}/keys/${name}/${version}`;
  }

  /**
   * @param asked of a key, or of one version of it
   * @throws DomainError keys.vault_mistaken when the answer is of another one
   */
  private answered(by: string | undefined, asked: string): string {
    if (by !== undefined && `${comparable(by)}/`.startsWith(`${comparable(asked)}/`)) return by;
    // Clients remember which key they were told they have.
    this.clients.clear();
    throw vaultMistaken(this.name, asked, by);
  }

  private clientOf(keyId: string): CryptographyClient {
    const client = this.clients.get(keyId) ?? this.cryptography(keyId);
    this.clients.set(keyId, client);
    return client;
  }
}

/** Azure doesn't tell capitals in names of vaults and keys. */
function comparable(keyId: string): string {
  return URL.canParse(keyId) ? new URL(keyId).href.toLowerCase() : keyId;
}

/** The vault has the key and says that this isn't of it. */
function isRefused(error: unknown): boolean {
  const { statusCode, code } = error as { statusCode?: unknown; code?: unknown };
  return statusCode === 400 && code === 'BadParameter';
}
