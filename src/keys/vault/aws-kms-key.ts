import type { KMSClient, KMSClientConfig } from '@aws-sdk/client-kms';
import type { SealedPlace } from '../../crypto/key-ring.js';
import { KeyEncryptionKey, type WrappedKey } from './key-encryption-key.js';
import { loadSdk } from './load-sdk.js';
import { VAULT_RETRIES, VAULT_TRY_MS, vaultCall, vaultMistaken, vaultSpeechless } from './vault-call.js';

const PREFIX = 'aws:';
/** They say that the ciphertext isn't of this key, or of another place: asked again they say the same. */
const REFUSALS = new Set(['InvalidCiphertextException', 'IncorrectKeyException']);

export interface AwsKmsSettings {
  /** arn:aws:kms:REGION:ACCOUNT:key/ID */
  keyArn: string;
  /** When it isn't the region's. */
  endpoint?: string;
}

/**
 * A symmetric key in AWS KMS. The place of what it wraps is the encryption context, which KMS authenticates and writes into its own
 * log. KMS keeps older material of a rotated key itself.
 */
export class AwsKmsKey extends KeyEncryptionKey {
  readonly name: string;

  private constructor(
    private readonly sdk: typeof import('@aws-sdk/client-kms'),
    private readonly client: KMSClient,
    private readonly keyArn: string,
  ) {
    super();
    this.name = `the AWS KMS key ${keyArn}`;
  }

  /**
   * Loads the SDK, which nobody else needs. Credentials come from where the SDK finds them: environment, role of the machine.
   *
   * @param overrides of the SDK's client
   * @throws ConfigurationError when the SDK isn't installed
   */
  static async open({ keyArn, endpoint }: AwsKmsSettings, overrides: KMSClientConfig = {}): Promise<AwsKmsKey> {
    const sdk = await loadSdk(
      'AWS_KMS_KEY_ID (KEY_VAULT=aws)',
      ['@aws-sdk/client-kms'],
      () => import('@aws-sdk/client-kms'),
    );
    const client = new sdk.KMSClient({
      region: regionOf(keyArn),
      ...(endpoint === undefined ? {} : { endpoint }),
      maxAttempts: 1 + VAULT_RETRIES,
      requestHandler: { connectionTimeout: VAULT_TRY_MS, requestTimeout: VAULT_TRY_MS, throwOnRequestTimeout: true },
      ...overrides,
    });
    return new AwsKmsKey(sdk, client, keyArn);
  }

  async currentId(): Promise<string> {
    const { KeyMetadata } = await this.call('DescribeKey', (signal) =>
      this.client.send(new this.sdk.DescribeKeyCommand({ KeyId: this.keyArn }), { abortSignal: signal }),
    );
    return `${PREFIX}${this.answered(KeyMetadata?.Arn, this.keyArn)}`;
  }

  opens(wrappedBy: string): boolean {
    return wrappedBy.startsWith(PREFIX);
  }

  async wrap(key: Uint8Array, place: SealedPlace): Promise<WrappedKey> {
    const { CiphertextBlob, KeyId } = await this.call('Encrypt', (signal) =>
      this.client.send(
        new this.sdk.EncryptCommand({ KeyId: this.keyArn, Plaintext: key, EncryptionContext: contextOf(place) }),
        { abortSignal: signal },
      ),
    );
    if (CiphertextBlob === undefined) throw vaultSpeechless(this.name, 'Encrypt');
    return { wrapped: Buffer.from(CiphertextBlob), wrappedBy: `${PREFIX}${this.answered(KeyId, this.keyArn)}` };
  }

  async unwrap(wrapped: Uint8Array, wrappedBy: string, place: SealedPlace): Promise<Buffer> {
    const keyArn = this.keyFor(wrappedBy);
    const { Plaintext, KeyId } = await this.call('Decrypt', (signal) =>
      this.client.send(
        new this.sdk.DecryptCommand({
          KeyId: keyArn,
          CiphertextBlob: wrapped,
          EncryptionContext: contextOf(place),
        }),
        { abortSignal: signal },
      ),
    );
    this.answered(KeyId, keyArn);
    if (Plaintext === undefined) throw vaultSpeechless(this.name, 'Decrypt');
    return Buffer.from(Plaintext);
  }

  /** Another key of this region by its own name; what a key of another region wrapped is opened by its replica here. */
  private keyFor(wrappedBy: string): string {
    const arn = wrappedBy.slice(PREFIX.length);
    return wrappedBy.startsWith(PREFIX) && regionOf(arn) === regionOf(this.keyArn) ? arn : this.keyArn;
  }

  /** @throws DomainError keys.vault_mistaken when the answer is of another key than was asked for */
  private answered(by: string | undefined, asked: string): string {
    if (by === asked) return by;
    throw vaultMistaken(this.name, asked, by);
  }

  private call<T>(operation: string, work: (signal: AbortSignal) => Promise<T>): Promise<T> {
    return vaultCall(this.name, operation, work, (error) => REFUSALS.has((error as Error).name));
  }
}

function contextOf({ table, column, row }: SealedPlace): Record<string, string> {
  return { service: 'blindspotx', table, column, row };
}

function regionOf(arn: string): string {
  return arn.split(':')[3] ?? '';
}
