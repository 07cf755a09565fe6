import { at, text } from '../normalise/json-members.js';
import type { SnapshotObject } from '../snapshot/snapshot.types.js';
import { isPhishingResistanceEnforced } from './conditional-access-controls.js';
import type { Control, ControlEvidence, ControlFinding, ControlInput } from './control.types.js';
import { evidenceOf, met, metUnless, notAssessed, notMet } from './findings.js';

const MIGRATION = '/policyMigrationState';
const SHOWN_TO_ALL = ['displayAppInformationRequiredState', 'displayLocationInformationRequiredState'].map(
  (name) => `/featureSettings/${name}`,
);
const METHOD_NEEDS = { type: 'authenticationMethodConfiguration' as const };

/** Controls on how people may prove who they are (MS.AAD.3.3 to 3.5). */
export const AUTHENTICATION_CONTROLS: Control[] = [
  {
    id: 'MS.AAD.3.3',
    set: 'scuba',
    level: 'shall',
    title: 'Microsoft Authenticator shows what is signed in to, and from where',
    references: ['CIS 5.2.3.1'],
    versions: [1, 2].map((version) => ({
      version,
      needs: [
        { type: 'conditionalAccessPolicy' },
        { ...METHOD_NEEDS, paths: ['/state', '/isSoftwareOathEnabled', ...SHOWN_TO_ALL] },
      ],
      decide: authenticatorShows,
    })),
  },
  {
    id: 'MS.AAD.3.4',
    set: 'scuba',
    level: 'shall',
    title: 'The authentication methods policy alone decides (migration complete)',
    references: ['EIDSCA.AG01'],
    versions: [
      { version: 1, needs: [{ type: 'authenticationMethodsPolicy', paths: [MIGRATION] }], decide: migrationComplete },
    ],
  },
  {
    id: 'MS.AAD.3.5',
    set: 'scuba',
    level: 'shall',
    title: 'Text message, voice call and e-mail are no methods',
    references: ['CIS 5.2.3.5', 'CIS 5.2.3.7'],
    versions: [
      {
        version: 1,
        needs: [
          { type: 'authenticationMethodsPolicy', paths: [MIGRATION] },
          { ...METHOD_NEEDS, paths: ['/state'] },
        ],
        decide: (input) =>
          migrationComplete(input).verdict === 'met'
            ? weakMethodsOff(input)
            : notAssessed('It applies only where the migration of the authentication methods is complete'),
      },
      { version: 2, needs: [{ ...METHOD_NEEDS, paths: ['/state'] }], decide: weakMethodsOff },
    ],
  },
];

function authenticatorShows(input: ControlInput): ControlFinding {
  if (isPhishingResistanceEnforced(input))
    return notAssessed('It does not apply: everybody uses phishing-resistant authentication');
  const method = input.find('authenticationMethodConfiguration', 'MicrosoftAuthenticator');
  if (method === undefined || text(method.value, 'state') !== 'enabled')
    return notAssessed('It does not apply: Microsoft Authenticator is not enabled');
  const offenders = SHOWN_TO_ALL.filter((path) => !isOnForAll(method, path)).map((path) =>
    evidenceOf(method, path, 'It is not enabled for all users'),
  );
  const path = '/isSoftwareOathEnabled';
  if (at(method.value, path) !== false) offenders.push(evidenceOf(method, path, 'One-time codes are allowed'));
  return metUnless(
    offenders,
    SHOWN_TO_ALL.map((shown) => evidenceOf(method, shown, 'It is enabled for all users')),
  );
}

/** A feature of Microsoft Authenticator that is enabled, and for everybody. */
export function isOnForAll({ value }: SnapshotObject, path: string): boolean {
  const feature = at(value, path);
  return text(feature, 'state') === 'enabled' && at(feature, '/includeTarget/id') === 'all_users';
}

function migrationComplete(input: ControlInput): ControlFinding {
  const [policy] = input.objects('authenticationMethodsPolicy');
  if (policy === undefined) return notAssessed('The authentication methods policy is not in the snapshot');
  const state = text(policy.value, 'policyMigrationState');
  // Graph leaves it out where there was never anything to migrate.
  const evidence = evidenceOf(policy, MIGRATION, `The migration is ${state ?? 'not needed'}`);
  return state === null || state === 'migrationComplete' ? met([evidence]) : notMet([evidence]);
}

function weakMethodsOff(input: ControlInput): ControlFinding {
  const methods = ['Sms', 'Voice', 'Email']
    .map((id) => input.find('authenticationMethodConfiguration', id))
    .filter((method) => method !== undefined);
  if (methods.length === 0) return notAssessed('None of the three methods is in the snapshot');
  const say = (method: SnapshotObject, finding: string): ControlEvidence => evidenceOf(method, '/state', finding);
  return metUnless(
    methods
      .filter(({ value }) => text(value, 'state') !== 'disabled')
      .map((one) => say(one, 'The method is not disabled')),
    methods.map((one) => say(one, 'The method is disabled')),
  );
}
