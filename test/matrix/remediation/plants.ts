import { type JsonObject, textOf } from '../../../demo/store/json.types.js';
import type { ProofStage } from '../resource-types/type-proofs.js';

/** Drift beyond the one change a type that every type is proved with. */
export interface Plant {
  what: string;
  act: (stage: ProofStage) => Promise<void>;
}

const first = (rows: JsonObject[], fits: (row: JsonObject) => boolean = () => true) =>
  textOf(rows.find(fits) ?? {}, 'id');
const APPLICATION = (stage: ProofStage) => first(stage.rows('applications'));

/** Of those that an earlier plant didn't disable or rob of its controls. */
const enabledPolicies = (stage: ProofStage) =>
  stage
    .rows('conditionalAccessPolicies')
    .filter((row) => textOf(row, 'state') === 'enabled' && row['grantControls'] != null)
    .map((row) => textOf(row, 'id'));

export const PLANTS: Plant[] = [
  {
    what: 'a client secret that was added is taken away',
    act: async (stage) =>
      void (await stage.call('POST', `/applications/${APPLICATION(stage)}/addPassword`, {
        passwordCredential: { displayName: "it's $(new) `one`" },
      })),
  },
  {
    what: 'a certificate that was added to a service principal is taken away',
    act: async (stage) =>
      void (await stage.call('POST', `/servicePrincipals/${stage.program()}/addKey`, {
        keyCredential: { displayName: 'CN=planted' },
      })),
  },
  {
    what: 'an owner that was added to a group, an application and a service principal goes',
    act: async (stage) => {
      const owners = new Set([...stage.tenant.state.owners.values()].flat());
      const stranger = first(stage.rows('users'), (row) => !owners.has(textOf(row, 'id')));
      const reference = { '@odata.id': `https://x/directoryObjects/${stranger}` };
      for (const holder of [
        `/groups/${stage.excludedGroup()}`,
        `/applications/${APPLICATION(stage)}`,
        `/servicePrincipals/${stage.program()}`,
      ])
        await stage.call('POST', `${holder}/owners/$ref`, reference);
    },
  },
  {
    what: 'a federated credential that was added goes',
    act: async (stage) =>
      void (await stage.call('POST', `/applications/${APPLICATION(stage)}/federatedIdentityCredentials`, {
        name: "planted'one",
        issuer: 'https://token.actions.example',
        subject: 'repo:somebody/else',
      })),
  },
  {
    what: 'a policy whose users, controls and state changed is as it was, and its other conditions are untouched',
    act: async (stage) => {
      const policy = enabledPolicies(stage)[0];
      await stage.call('PATCH', `/identity/conditionalAccess/policies/${policy}`, {
        state: 'disabled',
        displayName: '\'@ $(Remove-Item) "x"\n\'@',
        conditions: { users: { excludeUsers: [stage.admin(1), stage.admin(2)], excludeGroups: [] } },
        grantControls: { operator: 'OR', builtInControls: ['compliantDevice'] },
      });
    },
  },
  {
    what: 'a policy that lost its controls has them again',
    act: async (stage) => {
      const policy = enabledPolicies(stage)[0];
      await stage.call('PATCH', `/identity/conditionalAccess/policies/${policy}`, { grantControls: null });
    },
  },
  {
    what: 'a policy that got session controls has none again',
    act: async (stage) => {
      const policy = first(
        stage.rows('conditionalAccessPolicies'),
        (row) =>
          row['sessionControls'] == null &&
          row['grantControls'] != null &&
          row['state'] === 'enabled' &&
          textOf(row, 'id') !== enabledPolicies(stage)[0],
      );
      await stage.call('PATCH', `/identity/conditionalAccess/policies/${policy}`, {
        sessionControls: { persistentBrowser: { isEnabled: true, mode: 'always' } },
      });
    },
  },
  {
    what: 'ranges and trust of a location are as they were',
    act: async (stage) => {
      const location = first(stage.rows('namedLocations'), (row) => Array.isArray(row['ipRanges']));
      await stage.call('PATCH', `/identity/conditionalAccess/namedLocations/${location}`, {
        isTrusted: true,
        ipRanges: [
          { '@odata.type': '#microsoft.graph.iPv4CidrRange', cidrAddress: '0.0.0.0/1' },
          { '@odata.type': '#microsoft.graph.iPv6CidrRange', cidrAddress: '2001:db8::/32' },
        ],
      });
    },
  },
  {
    what: 'a trusted location that came is first distrusted, then deleted',
    act: async (stage) =>
      void (await stage.call('POST', '/identity/conditionalAccess/namedLocations', {
        '@odata.type': '#microsoft.graph.ipNamedLocation',
        displayName: 'Planted',
        isTrusted: true,
        ipRanges: [{ '@odata.type': '#microsoft.graph.iPv4CidrRange', cidrAddress: '0.0.0.0/1' }],
      })),
  },
  {
    what: 'a domain that became federated is managed again',
    act: async (stage) => {
      const domain = first(stage.rows('domains'), (row) => textOf(row, 'authenticationType') === 'Managed');
      await stage.call('POST', `/domains/${domain}/federationConfiguration`, {
        issuerUri: 'http://sts.attacker.example',
        passiveSignInUri: 'https://sts.attacker.example',
        signingCertificate: 'TUlJ',
      });
    },
  },
  {
    what: 'targets of an authentication method are as they were',
    act: async (stage) => {
      const method = first(stage.rows('authenticationMethodConfigurations'), (row) => textOf(row, 'id') === 'Sms');
      await stage.call('PATCH', `/policies/authenticationMethodsPolicy/authenticationMethodConfigurations/${method}`, {
        state: 'enabled',
        includeTargets: [{ targetType: 'group', id: stage.excludedGroup(), isUsableForSignIn: true }],
      });
    },
  },
  {
    what: 'a condition of consent that went is back, and one that came is gone',
    act: async (stage) => {
      const policy =
        stage.rows('permissionGrantPolicies').find((row) => (row['includes'] as JsonObject[]).length > 0) ?? {};
      const [set] = policy['includes'] as JsonObject[];
      const path = `/policies/permissionGrantPolicies/${textOf(policy, 'id')}/includes`;
      await stage.call('DELETE', `${path}/${textOf(set ?? {}, 'id')}`);
      await stage.call('POST', path, { permissionType: 'delegated', permissions: ['all', "it's"] });
    },
  },
  {
    what: 'who reviews consent requests is as it was',
    act: async (stage) =>
      void (await stage.call('PATCH', '/policies/adminConsentRequestPolicy', {
        notifyReviewers: false,
        reviewers: [],
      })),
  },
];

/** By itself: what comes back is as it was when it was deleted, with the drift that it had then. */
export const DELETIONS: Plant[] = [
  {
    what: 'a group, a person and an application that were deleted come back with members and owners',
    act: async (stage) => {
      await stage.call('DELETE', `/groups/${stage.excludedGroup()}`);
      await stage.call('DELETE', `/users/${stage.admin(3)}`);
      await stage.call('DELETE', `/applications/${APPLICATION(stage)}`);
    },
  },
];
