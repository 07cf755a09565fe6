import { userActor } from '../audit/actor.js';
import { modifiedProperty, recordAct, target } from '../audit/audit-event.js';
import { textOf } from '../store/json.types.js';
import type { TenantState } from '../store/tenant-state.js';
import { Prng } from './prng.js';
import type { Cast } from './tenant-plan.js';

const DAY_MS = 86_400_000;

/** Writes a few everyday events of the last three weeks into the audit log, so that it isn't empty before anything happens. */
export function generateHistory(state: TenantState, cast: Cast): void {
  const random = new Prng(state.identity.seed, 'history');
  const until = state.now().getTime();
  const days = Array.from({ length: 12 }, () => random.next() * 20 + 1).sort((a, b) => b - a);
  for (const day of days) {
    const then = new Date(until - day * DAY_MS);
    const user = state.collections.users.get(random.pick(cast.memberIds.slice(0, 200))) ?? {};
    const actor = userActor(state, random.pick(cast.adminIds));
    recordAct(
      state,
      actor,
      [
        {
          service: 'Core Directory',
          category: 'UserManagement',
          activity: 'Update user',
          operationType: 'Update',
          targets: [
            target(
              'User',
              textOf(user, 'id'),
              null,
              [
                modifiedProperty('JobTitle', [textOf(user, 'jobTitle')], ['Team Lead']),
                modifiedProperty('Included Updated Properties', undefined, 'JobTitle'),
              ],
              textOf(user, 'userPrincipalName'),
            ),
          ],
        },
      ],
      then,
    );
  }
}
