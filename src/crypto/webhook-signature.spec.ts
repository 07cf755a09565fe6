import { randomBytes } from 'node:crypto';
import { Webhook } from 'standardwebhooks';
import { signWebhook } from './webhook-signature.js';

describe('signWebhook', () => {
  const secret = randomBytes(32);
  const body = JSON.stringify({ type: 'drift.changes.detected', data: { name: 'Zürich ✓' } });
  const now = Math.floor(Date.now() / 1000);

  it('makes what an independent Standard Webhooks library accepts', () => {
    const headers = {
      'webhook-id': 'evt_1',
      'webhook-timestamp': String(now),
      'webhook-signature': signWebhook(secret, 'evt_1', now, body),
    };
    expect(new Webhook(secret.toString('base64')).verify(body, headers)).toEqual(JSON.parse(body));
    expect(() => new Webhook(secret.toString('base64')).verify(`${body} `, headers)).toThrow();
  });

  it('refuses an id that could shift the boundary between the signed parts', () => {
    expect(() => signWebhook(secret, 'a.1', now, body)).toThrow(/full stop/);
  });
});
