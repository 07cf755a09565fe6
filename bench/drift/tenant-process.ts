/** The demo tenant of the bench in a process of its own, so that its work isn't ours: it changes what it is told to. */
import { userActor } from '../../demo/audit/actor.js';
import { type DemoTenant, startDemoTenant } from '../../demo/demo-tenant.js';
import { updateApplicationObject } from '../../demo/mutations/application-mutations.js';
import { updateConditionalAccessObject } from '../../demo/mutations/conditional-access-mutations.js';
import { type JsonObject, textOf } from '../../demo/store/json.types.js';

export interface TenantStarted {
  tenantId: string;
  clientId: string;
  clientSecret: string;
  authorityHost: string;
  graphBaseUrl: string;
  administratorId: string;
  caCertificatePem: string;
}

export type TenantOrder =
  | { order: 'start'; users: number; groups: number; applications: number }
  | { order: 'change'; applications: number }
  | { order: 'change-policy' }
  | { order: 'spent' };

let tenant: DemoTenant | undefined;
let policy: JsonObject | undefined;

process.on('message', (message: TenantOrder) => {
  obey(message).then(
    (answer) => process.send?.(answer),
    (error: unknown) => {
      console.error(error);
      process.exit(1);
    },
  );
});
process.once('disconnect', () => process.exit());

async function obey(message: TenantOrder): Promise<unknown> {
  if (message.order === 'start') {
    const { users, groups, applications } = message;
    tenant = await startDemoTenant({ seed: 1, users, groups, applications, throttle: true });
    const { tenantId, clientId, clientSecret, authorityHost, graphBaseUrl, caCertificatePem, administrator } = tenant;
    const administratorId = administrator.objectId;
    return { tenantId, clientId, clientSecret, authorityHost, graphBaseUrl, caCertificatePem, administratorId };
  }
  if (tenant === undefined) throw new Error('the tenant was not started');
  const { state } = tenant;
  const actor = userActor(state, tenant.administrator.objectId);
  if (message.order === 'spent') return tenant.spent();
  if (message.order === 'change') {
    const { clientId } = tenant;
    const apps = [...state.collections.applications.slice(0, message.applications + 1)];
    for (const app of apps.filter(({ appId }) => appId !== clientId).slice(0, message.applications)) {
      const web = { redirectUris: ['https://changed.example/'] };
      updateApplicationObject(state, actor, 'applications', textOf(app, 'id'), { web });
    }
    return null;
  }
  // The same one each time, off and on in turns.
  policy ??= [...state.collections.conditionalAccessPolicies.values()].find((one) => one['state'] === 'enabled');
  const id = textOf(policy ?? {}, 'id');
  const isOn = state.collections.conditionalAccessPolicies.get(id)?.['state'] === 'enabled';
  updateConditionalAccessObject(state, actor, 'conditionalAccessPolicies', id, {
    state: isOn ? 'disabled' : 'enabled',
  });
  return null;
}
