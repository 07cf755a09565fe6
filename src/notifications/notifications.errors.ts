import { constraintMeans } from '../database/database-errors.js';
import { defineErrors } from '../kernel/errors/domain-error.js';

export const notificationsError = defineErrors({
  'notifications.endpoint_not_found': { kind: 'not_found', title: 'There is no such webhook endpoint' },
  'notifications.delivery_not_found': { kind: 'not_found', title: 'There is no such delivery' },
  'notifications.url_refused': { kind: 'invalid', title: 'Webhooks are not sent to this address' },
  'notifications.unknown_tenant': { kind: 'invalid', title: 'There is no such watched tenant' },
  'notifications.unknown_subject': { kind: 'invalid', title: 'There is no such type of resource or control' },
  'notifications.two_scopes': { kind: 'invalid', title: 'An endpoint of one tenant cannot be told of others' },
  'notifications.too_many_endpoints': { kind: 'conflict', title: 'There are as many webhook endpoints as may be' },
  'notifications.delivery_pending': { kind: 'conflict', title: 'This delivery is still being tried' },
  'notifications.endpoint_disabled': { kind: 'conflict', title: 'The endpoint of this delivery is disabled' },
});

constraintMeans('fk_webhook_endpoints_tenant_id', () =>
  notificationsError('notifications.unknown_tenant', {
    errors: [{ pointer: '/tenantId', code: 'tenant', detail: 'is not the id of a watched tenant' }],
  }),
);
