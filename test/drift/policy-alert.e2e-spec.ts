import { setTimeout as sleep } from 'node:timers/promises';
import { userActor } from '../../demo/audit/actor.js';
import { updateConditionalAccessObject } from '../../demo/mutations/conditional-access-mutations.js';
import { textOf } from '../../demo/store/json.types.js';
import { startWebhookReceiver, type WebhookReceiver } from '../../demo/webhook-receiver.js';
import { systemActor } from '../../src/access/actor.js';
import { WebhookEndpoints } from '../../src/notifications/webhook-endpoints.service.js';
import { DriftStage } from './drift-stage.js';

/** How long it takes is measured by `npm run bench -- drift --part tenant`. */
describe('a change of a policy, from the tenant to a receiver over HTTP', () => {
  let stage: DriftStage;
  let receiver: WebhookReceiver;

  beforeAll(async () => {
    receiver = await startWebhookReceiver();
    const environment = { PROCESS_ROLE: 'all', WEBHOOK_ALLOW_PRIVATE_ADDRESSES: 'true' };
    stage = await DriftStage.open({ seed: 3, users: 40, groups: 8, applications: 6, policies: 8 }, environment);
    await stage.scan();
    await stage.approveNewest();
    const endpoint = {
      url: receiver.url,
      description: 'test',
      eventTypes: [],
      minSeverity: 'low' as const,
      tenantId: null,
      tenantIds: [],
      resourceTypes: [],
      controls: [],
      digestIntervalSeconds: null,
    };
    const endpoints = stage.app.get(WebhookEndpoints, { strict: false });
    receiver.trust((await endpoints.create(systemActor('test'), endpoint)).secret);
  }, 120_000);
  afterAll(async () => {
    await stage?.close();
    await receiver?.close();
  });

  it('is told once when it is found, and once when it is undone', async () => {
    const { state } = stage.tenant;
    const actor = userActor(state, stage.tenant.administrator.objectId);
    const policy = [...state.collections.conditionalAccessPolicies.values()].find((one) => one['state'] === 'enabled');
    const id = textOf(policy ?? {}, 'id');
    const turn = async (to: string, messages: number) => {
      updateConditionalAccessObject(state, actor, 'conditionalAccessPolicies', id, { state: to });
      await stage.scan();
      while (receiver.received.length < messages) await sleep(20);
      // Another scan that finds the same has nothing to tell.
      await stage.scan();
    };
    await turn('disabled', 1);
    await turn('enabled', 2);
    const [found, undone, ...others] = receiver.received;
    expect(others).toEqual([]);
    expect([found?.type, undone?.type]).toEqual(['drift.changes.detected', 'drift.changes.resolved']);
    expect([found?.verified, undone?.verified]).toEqual([true, true]);
    const [alert, end] = [found?.body, undone?.body] as {
      data: { alertId: string; changes: { resourceType: string; resourceKey: string; path: string }[] };
    }[];
    expect(alert?.data.changes).toEqual([
      expect.objectContaining({ resourceType: 'conditionalAccessPolicy', resourceKey: id, path: '/state' }),
    ]);
    expect(end?.data.alertId).toBe(alert?.data.alertId);
  }, 240_000);
});
