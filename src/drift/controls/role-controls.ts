import { at, stringsAt, text } from '../normalise/json-members.js';
import { GLOBAL_ADMINISTRATOR } from '../resource-types/well-known.js';
import type { SnapshotObject } from '../snapshot/snapshot.types.js';
import type { Control, ControlFinding, ControlInput, ControlVersion } from './control.types.js';
import { evidenceOf, few, met, metUnless, notAssessed, notMet } from './findings.js';
import { HIGHLY_PRIVILEGED_ROLES } from './highly-privileged.js';
import { type RoleHolder, roleHolders, whyHoldersUnknown } from './role-holders.js';

const FEWEST_GLOBAL_ADMINISTRATORS = 2;
const MOST_GLOBAL_ADMINISTRATORS = 8;
/** What the baseline asked for before its first version. */
const MOST_GLOBAL_ADMINISTRATORS_ONCE = 4;
const EVERY_ROLE = [...HIGHLY_PRIVILEGED_ROLES.keys()];
const OTHER_ROLES = EVERY_ROLE.filter((role) => role !== GLOBAL_ADMINISTRATOR);

const APPROVAL = '/setting/isApprovalRequired';
const RECIPIENTS = '/notificationRecipients';

/** Controls on who holds the highly privileged roles, and how (MS.AAD.7). */
export const ROLE_CONTROLS: Control[] = [
  control(
    'MS.AAD.7.1',
    'shall',
    'Two to eight users are Global Administrators',
    ['CIS 1.1.3'],
    [
      ofHolders(0, (holders) => countInRange(holders, MOST_GLOBAL_ADMINISTRATORS_ONCE)),
      ofHolders(1, (holders) => countInRange(holders, MOST_GLOBAL_ADMINISTRATORS)),
    ],
  ),
  control(
    'MS.AAD.7.2',
    'shall',
    'Finer roles are given rather than Global Administrator',
    [],
    [ofHolders(1, leastPrivilege)],
  ),
  control(
    'MS.AAD.7.3',
    'shall',
    'Highly privileged accounts exist in the cloud only',
    ['CIS 1.1.1'],
    [
      ofHolders(1, (holders) =>
        metUnless(
          holders
            .filter(({ user }) => at(user.value, '/onPremisesImmutableId') !== undefined)
            .map(({ user }) => evidenceOf(user, '/onPremisesImmutableId', 'The account comes from another directory')),
          holders.map(({ user }) => evidenceOf(user, '/onPremisesImmutableId', 'The account exists in the cloud only')),
        ),
      ),
    ],
  ),
  control(
    'MS.AAD.7.4',
    'shall',
    'No highly privileged role is held for good',
    ['CIS 5.3.1'],
    [
      {
        version: 1,
        needs: [{ type: 'roleAssignment', paths: ['/endDateTime'] }],
        needsP2: true,
        decide: (input, id) =>
          ofAssignments(
            input,
            ({ value }) =>
              at(value, '/endDateTime') === undefined && !input.isAllowed(id, text(value, 'principalId') ?? ''),
            '/endDateTime',
            'The role is held for good',
          ),
      },
    ],
  ),
  control(
    'MS.AAD.7.5',
    'shall',
    'Highly privileged roles are given by PIM only',
    [],
    [
      {
        version: 1,
        needs: [{ type: 'roleAssignment', paths: ['/outsidePim'] }],
        needsP2: true,
        decide: (input) =>
          ofAssignments(
            input,
            ({ value }) => at(value, '/outsidePim') === true,
            '/outsidePim',
            'The role was given outside of PIM',
          ),
      },
    ],
  ),
  control(
    'MS.AAD.7.6',
    'shall',
    'Activating Global Administrator takes an approval',
    ['CIS 5.3.4'],
    [
      ofRules(0, EVERY_ROLE, ['Approval_EndUser_Assignment'], APPROVAL, needsApproval),
      ofRules(1, [GLOBAL_ADMINISTRATOR], ['Approval_EndUser_Assignment'], APPROVAL, needsApproval),
    ],
  ),
  control(
    'MS.AAD.7.7',
    'shall',
    'Somebody hears when a highly privileged role is given',
    [],
    [
      ofRules(
        1,
        EVERY_ROLE,
        ['Notification_Admin_Admin_Assignment', 'Notification_Admin_Admin_Eligibility'],
        RECIPIENTS,
        hasRecipients,
      ),
    ],
  ),
  control(
    'MS.AAD.7.8',
    'shall',
    'Somebody hears when Global Administrator is activated',
    [],
    [ofRules(1, [GLOBAL_ADMINISTRATOR], ['Notification_Admin_EndUser_Assignment'], RECIPIENTS, hasRecipients)],
  ),
  control(
    'MS.AAD.7.9',
    'should',
    'Somebody hears when another highly privileged role is activated',
    [],
    [ofRules(1, OTHER_ROLES, ['Notification_Admin_EndUser_Assignment'], RECIPIENTS, hasRecipients)],
  ),
];

function control(
  id: string,
  level: Control['level'],
  title: string,
  references: string[],
  versions: ControlVersion[],
): Control {
  return { id, set: 'scuba', level, title, references, versions };
}

function ofHolders(version: number, decide: (holders: RoleHolder[]) => ControlFinding): ControlVersion {
  return {
    version,
    needs: [],
    decide: (input) => {
      const unknown = whyHoldersUnknown(input);
      return unknown === null ? decide(roleHolders(input)) : notAssessed(unknown);
    },
  };
}

function globalAdministrators(holders: RoleHolder[]): RoleHolder[] {
  return holders.filter(({ roles }) => roles.has(GLOBAL_ADMINISTRATOR));
}

function countInRange(holders: RoleHolder[], most: number): ControlFinding {
  const administrators = globalAdministrators(holders);
  const count = administrators.length;
  const evidence = administrators.map(({ user }) => evidenceOf(user, '', `One of ${count} Global Administrators`));
  if (count >= FEWEST_GLOBAL_ADMINISTRATORS && count <= most) return met(evidence);
  const names = few(
    administrators.map(({ user }) => JSON.stringify(user.displayName ?? user.key)),
    10,
    ', ',
  );
  return notMet(
    evidence,
    `There are ${count} Global Administrators and not ${FEWEST_GLOBAL_ADMINISTRATORS} to ${most}${count === 0 ? '' : `: ${names}`}`,
  );
}

/** As the baseline has it: not more Global Administrators than other privileged users, and 7.1 is met. */
function leastPrivilege(holders: RoleHolder[]): ControlFinding {
  const administrators = globalAdministrators(holders);
  const others = holders.length - administrators.length;
  const evidence = holders.map(({ user, roles }) =>
    evidenceOf(user, '', roles.has(GLOBAL_ADMINISTRATOR) ? 'A Global Administrator' : 'Holds finer roles only'),
  );
  const inRange = countInRange(holders, MOST_GLOBAL_ADMINISTRATORS).verdict === 'met';
  return inRange && administrators.length <= others ? met(evidence) : notMet(evidence);
}

function ofAssignments(
  input: ControlInput,
  offends: (assignment: SnapshotObject) => boolean,
  path: string,
  finding: string,
): ControlFinding {
  const held = input
    .objects('roleAssignment')
    .filter(({ value }) => HIGHLY_PRIVILEGED_ROLES.has(text(value, 'roleDefinitionId') ?? ''));
  return metUnless(
    held.filter(offends).map((assignment) => evidenceOf(assignment, path, finding)),
    held.map((assignment) => evidenceOf(assignment, path, 'The assignment is as it should be')),
  );
}

interface RuleTest {
  holds: (rule: SnapshotObject) => boolean;
  otherwise: string;
}

function needsApproval(): RuleTest {
  return { holds: ({ value }) => at(value, APPROVAL) !== false, otherwise: 'No approval is needed' };
}

function hasRecipients(): RuleTest {
  return { holds: ({ value }) => stringsAt(value, RECIPIENTS).length > 0, otherwise: 'Nobody is told' };
}

function ofRules(
  version: number,
  roles: string[],
  ruleIds: string[],
  path: string,
  testOf: () => RuleTest,
): ControlVersion {
  const { holds, otherwise } = testOf();
  return {
    version,
    needs: [{ type: 'roleManagementRule', paths: [path] }],
    needsP2: true,
    decide: (input) => {
      const rules = roles.flatMap((role) =>
        ruleIds.flatMap((id) => input.find('roleManagementRule', `${role}|${id}`) ?? []),
      );
      if (rules.length === 0) return notAssessed('None of the rules of PIM that it hangs on is in the snapshot');
      return metUnless(
        rules.filter((rule) => !holds(rule)).map((rule) => evidenceOf(rule, path, otherwise)),
        rules.map((rule) => evidenceOf(rule, path, 'The rule is as it should be')),
      );
    },
  };
}
