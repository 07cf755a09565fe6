import type { Actor } from '../audit/actor.js';
import { modifiedProperty, recordAct, target } from '../audit/audit-event.js';
import { notFound } from '../graph/graph-failure.js';
import { textOf } from '../store/json.types.js';
import type { TenantState } from '../store/tenant-state.js';

/**
 * Invalidates everything that a person's sign-ins so far gave out: codes, refresh tokens, and the sessions of browsers. Access
 * tokens live on until they expire, as at Microsoft. Graph shows the time in whole seconds. `name`: object id or user principal name.
 */
export function revokeSignInSessions(state: TenantState, actor: Actor, name: string): void {
  const before = state.findUser(name);
  if (!before) throw notFound(name);
  const id = textOf(before, 'id');
  const validFrom = `${state.now().toISOString().slice(0, 19)}Z`;
  state.collections.users.set({ ...before, id, signInSessionsValidFromDateTime: validFrom });
  state.sessionEpochs.set(id, state.sessionEpochOf(id) + 1);
  state.changes.record('users', id);
  recordAct(state, actor, [
    {
      service: 'Core Directory',
      category: 'UserManagement',
      activity: 'Update StsRefreshTokenValidFrom Timestamp',
      operationType: 'Update',
      targets: [
        target(
          'User',
          id,
          textOf(before, 'displayName'),
          [
            modifiedProperty(
              'StsRefreshTokensValidFrom',
              [textOf(before, 'signInSessionsValidFromDateTime')].filter(Boolean),
              [validFrom],
            ),
            modifiedProperty('Included Updated Properties', undefined, 'StsRefreshTokensValidFrom'),
          ],
          textOf(before, 'userPrincipalName') || null,
        ),
      ],
    },
  ]);
}
