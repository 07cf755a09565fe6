import { createHmac } from 'node:crypto';

/**
 * One `webhook-signature` entry of Standard Webhooks 1.0.0: `v1,` and the base64 of HMAC-SHA256 over `id.timestamp.body`.
 *
 * @param secret the bytes behind the receiver's `whsec_` text
 * @param timestampSeconds of this attempt, Unix seconds
 * @param body exactly the bytes that are sent, as text
 */
export function signWebhook(secret: Buffer, id: string, timestampSeconds: number, body: string): string {
  if (id.includes('.')) throw new Error('a webhook id must not contain a full stop: it separates the signed parts');
  const mac = createHmac('sha256', secret).update(`${id}.${timestampSeconds}.${body}`, 'utf8').digest('base64');
  return `v1,${mac}`;
}
