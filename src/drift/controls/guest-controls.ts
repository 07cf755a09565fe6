import type { Control } from './control.types.js';
import { policyValue } from './settings.js';

/** User role templates of guests: restricted, and limited access. Members' own access is the third. */
const RESTRICTED_GUEST = '2af84b1e-32c8-42b7-82bc-daa82404023b';
const LIMITED_GUEST = '10dae51f-b6af-4016-8d66-8c2a99b929b3';

/** Controls on guests (MS.AAD.8). */
export const GUEST_CONTROLS: Control[] = [
  {
    id: 'MS.AAD.8.1',
    set: 'scuba',
    level: 'should',
    title: 'Guests see little of the directory',
    references: ['CIS 5.1.6.2', 'EIDSCA.AP07'],
    versions: [
      {
        version: 1,
        needs: [{ type: 'authorizationPolicy', paths: ['/guestUserRoleId'] }],
        decide: policyValue(
          '/guestUserRoleId',
          (value) => value === RESTRICTED_GUEST || value === LIMITED_GUEST,
          'What guests may see',
        ),
      },
    ],
  },
  {
    id: 'MS.AAD.8.2',
    set: 'scuba',
    level: 'should',
    title: 'Only the Guest Inviter role invites guests',
    references: ['CIS 5.1.6.3', 'EIDSCA.AP04'],
    versions: [
      {
        version: 1,
        needs: [{ type: 'authorizationPolicy', paths: ['/allowInvitesFrom'] }],
        decide: policyValue('/allowInvitesFrom', (value) => value === 'adminsAndGuestInviters', 'Who invites guests'),
      },
    ],
  },
];
