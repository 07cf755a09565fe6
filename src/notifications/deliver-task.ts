/** The queue's task that serves one endpoint: all that is due for it, one after another. */
export const DELIVER_TASK = 'notifications.deliver';

export function deliverJobKey(endpointId: string): string {
  return `webhook-endpoint:${endpointId}`;
}
