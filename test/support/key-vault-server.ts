import {
  constants,
  createCipheriv,
  createDecipheriv,
  generateKeyPairSync,
  type KeyObject,
  privateDecrypt,
  publicEncrypt,
  randomBytes,
} from 'node:crypto';
import { once } from 'node:events';
import { createServer, type Server } from 'node:https';
import type { AddressInfo } from 'node:net';
import { json } from 'node:stream/consumers';
import { makeTenantCa } from '../../demo/tenant-ca.js';

const TENANT = '11111111-2222-4333-8444-555555555555';

interface Asked {
  method: string;
  path: string;
  headers: Record<string, string | string[] | undefined>;
  body: Record<string, unknown>;
}

interface Answer {
  status: number;
  body: Record<string, unknown>;
  headers?: Record<string, string>;
}

/** A loopback server that speaks the protocols of Azure Key Vault, of Entra's token endpoint, and of AWS KMS (AWS JSON 1.1). */
export class KeyVaultServer {
  /** `down` answers 503, `forbids` 403, `hangs` doesn't answer, `page` is something else that answers with a page. */
  state: 'up' | 'down' | 'forbids' | 'hangs' | 'page' = 'up';
  /** Which key it says has answered, whichever it was. */
  claims: string | null = null;
  /** Paths, or targets of AWS, in their order. */
  readonly calls: string[] = [];
  private readonly rsa = new Map<string, { privateKey: KeyObject; publicKey: KeyObject }>();
  private newest = '';
  private readonly kms = new Map<string, Buffer>();

  private constructor(
    private readonly server: Server,
    /** Of the authority that signed its certificate, PEM. */
    readonly ca: string,
  ) {}

  static async start(): Promise<KeyVaultServer> {
    const { certificatePem, privateKeyPem, caCertificatePem } = await makeTenantCa();
    const server = createServer({ cert: certificatePem, key: privateKeyPem });
    const vault = new KeyVaultServer(server, caCertificatePem);
    vault.rotateAzureKey();
    server.on('request', async (request, response) => {
      const body = request.method === 'POST' ? await json(request).catch(() => ({})) : {};
      const path = request.url ?? '';
      const target = request.headers['x-amz-target'];
      vault.calls.push(typeof target === 'string' ? target : path);
      if (vault.state === 'hangs') return;
      if (vault.state === 'page')
        return response.writeHead(200, { 'content-type': 'text/html' }).end('<html>Hello</html>');
      const asked = { method: request.method ?? '', path, headers: request.headers, body: body as Asked['body'] };
      const answer = vault.answer(asked);
      response.writeHead(answer.status, { 'content-type': 'application/json', ...answer.headers });
      response.end(JSON.stringify(answer.body));
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    return vault;
  }

  get url(): string {
    return `https://localhost:${(this.server.address() as AddressInfo).port}`;
  }

  get tenantId(): string {
    return TENANT;
  }

  /** As a rotation in Azure Key Vault: another version, older ones stay. */
  rotateAzureKey(): void {
    this.newest = randomBytes(16).toString('hex');
    this.rsa.set(this.newest, generateKeyPairSync('rsa', { modulusLength: 2048 }));
  }

  /** Another vault that the key was restored into from its backup. */
  restoreAzureKeyFrom(other: KeyVaultServer): void {
    this.rsa.clear();
    for (const [version, pair] of other.rsa) this.rsa.set(version, pair);
    this.newest = other.newest;
  }

  addKmsKey(arn: string): void {
    this.kms.set(arn, randomBytes(32));
  }

  async close(): Promise<void> {
    this.server.closeAllConnections();
    this.server.close();
    await once(this.server, 'close');
  }

  private answer(asked: Asked): Answer {
    if (this.state === 'down') return { status: 503, body: { error: { code: 'ServiceUnavailable', message: 'down' } } };
    if (this.state === 'forbids') {
      const body = { __type: 'AccessDeniedException', error: { code: 'Forbidden', message: 'not yours' } };
      return { status: 403, body };
    }
    if (asked.headers['x-amz-target'] !== undefined) return this.aws(asked);
    const [path = ''] = asked.path.split('?');
    const parts = path.split('/').filter((part) => part !== '');
    if (parts.includes('.well-known')) return this.openIdConfiguration();
    if (parts.includes('token')) {
      return {
        status: 200,
        body: { token_type: 'Bearer', expires_in: 3600, ext_expires_in: 3600, access_token: 'a-token' },
      };
    }
    return parts[0] === 'keys' ? this.azure(asked, parts.slice(2)) : { status: 404, body: {} };
  }

  private openIdConfiguration(): Answer {
    const base = `${this.url}/${TENANT}`;
    return {
      status: 200,
      body: {
        issuer: `${base}/v2.0`,
        authorization_endpoint: `${base}/oauth2/v2.0/authorize`,
        token_endpoint: `${base}/oauth2/v2.0/token`,
        jwks_uri: `${base}/discovery/v2.0/keys`,
      },
    };
  }

  private azure({ method, headers, body }: Asked, rest: string[]): Answer {
    if (headers.authorization !== 'Bearer a-token') {
      const challenge = `Bearer authorization="${this.url}/${TENANT}", resource="https://vault.azure.net"`;
      return { status: 401, body: {}, headers: { 'www-authenticate': challenge } };
    }
    const operation = method === 'POST' ? rest.at(-1) : undefined;
    const version = (method === 'POST' ? rest.slice(0, -1) : rest)[0] ?? this.newest;
    const pair = this.rsa.get(version);
    if (pair === undefined)
      return { status: 404, body: { error: { code: 'KeyNotFound', message: 'no such version' } } };
    const kid = this.claims ?? `${this.url}/keys/blindspotx/${version}`;
    const { n, e } = pair.publicKey.export({ format: 'jwk' });
    if (operation === undefined) {
      const key = { kid, kty: 'RSA', key_ops: ['wrapKey', 'unwrapKey'], n, e };
      return { status: 200, body: { key, attributes: { enabled: true } } };
    }
    if (body['alg'] !== 'RSA-OAEP-256')
      return { status: 400, body: { error: { code: 'BadParameter', message: 'alg' } } };
    const value = Buffer.from(String(body['value']), 'base64url');
    const padding = { padding: constants.RSA_PKCS1_OAEP_PADDING, oaepHash: 'sha256' };
    try {
      const result =
        operation === 'wrapkey'
          ? publicEncrypt({ key: pair.publicKey, ...padding }, value)
          : privateDecrypt({ key: pair.privateKey, ...padding }, value);
      return { status: 200, body: { kid, value: result.toString('base64url') } };
    } catch {
      return { status: 400, body: { error: { code: 'BadParameter', message: 'not of this key' } } };
    }
  }

  private aws({ headers, body }: Asked): Answer {
    const fault = (type: string) => ({ status: 400, body: { __type: type, message: type } });
    if (!String(headers.authorization).startsWith('AWS4-HMAC-SHA256 '))
      return fault('MissingAuthenticationTokenException');
    const arn = String(body['KeyId']);
    const key = this.kms.get(arn);
    if (key === undefined) return fault('NotFoundException');
    const context = Buffer.from(JSON.stringify(Object.entries(body['EncryptionContext'] ?? {}).sort()));
    if (headers['x-amz-target'] === 'TrentService.DescribeKey') {
      return { status: 200, body: { KeyMetadata: { Arn: this.claims ?? arn, KeyId: arn.split('/').at(-1) } } };
    }
    if (headers['x-amz-target'] === 'TrentService.Encrypt') {
      const nonce = randomBytes(12);
      const cipher = createCipheriv('aes-256-gcm', key, nonce).setAAD(context);
      const text = Buffer.concat([cipher.update(Buffer.from(String(body['Plaintext']), 'base64')), cipher.final()]);
      const blob = Buffer.concat([nonce, cipher.getAuthTag(), text]).toString('base64');
      return {
        status: 200,
        body: { CiphertextBlob: blob, KeyId: this.claims ?? arn, EncryptionAlgorithm: 'SYMMETRIC_DEFAULT' },
      };
    }
    const blob = Buffer.from(String(body['CiphertextBlob']), 'base64');
    try {
      const decipher = createDecipheriv('aes-256-gcm', key, blob.subarray(0, 12)).setAAD(context);
      decipher.setAuthTag(blob.subarray(12, 28));
      const text = Buffer.concat([decipher.update(blob.subarray(28)), decipher.final()]);
      return { status: 200, body: { Plaintext: text.toString('base64'), KeyId: this.claims ?? arn } };
    } catch {
      return fault('InvalidCiphertextException');
    }
  }
}
