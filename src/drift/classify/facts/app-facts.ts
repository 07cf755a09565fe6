import { at, stringsAt, text } from '../../normalise/json-members.js';
import { RISKY_SCOPES, TIER_ZERO_APP_ROLES } from '../../resource-types/well-known.js';
import { addedElements, type EvaluatedChange, subject } from '../evaluated-change.js';
import type { EvaluationContext, SnapshotLookup } from '../evaluation-context.js';
import { strings } from './policy-facts.js';
import { isControlPlane } from './privileged-principals.js';

type Fact = (change: EvaluatedChange, context: EvaluationContext) => boolean;

/** Facts about applications, service principals, what they may do, and authentication methods. */
export const APP_FACTS = {
  'holder-tier-zero': (change, context) =>
    [context.after, context.before].some((lookup) =>
      servicePrincipalsOf(change, lookup).some((id) => isControlPlane(lookup, id)),
    ),
  'permission-direct': (change) => tierZeroPath(change) === 'direct',
  'permission-indirect': (change) => tierZeroPath(change) === 'indirect',
  'grant-for-everybody': (change) => text(subject(change)?.value, 'consentType') === 'AllPrincipals',
  'scopes-risky': (change) => {
    const scopes = change.path === '' ? stringsAt(subject(change)?.value, '/scope') : strings(addedElements(change));
    return scopes.some((scope) => RISKY_SCOPES.has(scope));
  },
  'redirect-suspicious': (change) => {
    const known = [...REDIRECTS].flatMap((path) => stringsAt(change.objectBefore?.value, path)).map(hostOf);
    return strings(addedElements(change)).some((uri) => isSuspicious(uri, known));
  },
  'audience-wider': (change) => audienceRank(change.after) > audienceRank(change.before),
  'consent-self-service': (change) =>
    strings(addedElements(change)).some((policy) => policy.toLowerCase().startsWith('managepermissiongrantsforself.')),
  // "Limited access" (10dae51f) shows less than what members see, more than the restricted guest role.
  'guests-stay-limited': (change) => change.after === '10dae51f-b6af-4016-8d66-8c2a99b929b3',
  'setting-blocks-risky-apps': (change) => change.path === '/values/BlockUserConsentForRiskyApps',
  'setting-group-consent': (change) => change.path === '/values/EnableGroupSpecificConsent',
  'setting-lockout-threshold': (change) => change.path === '/values/LockoutThreshold',
  'setting-lockout-duration': (change) => change.path === '/values/LockoutDurationInSeconds',
  'setting-assignment-required': (change) => change.path === '/appRoleAssignmentRequired',
  'setting-account-enabled': (change) => change.path === '/accountEnabled',
  'setting-immutable-id': (change) => change.path === '/onPremisesImmutableId',
  'method-phone-or-mail': (change) => ['sms', 'voice', 'email'].includes(change.key.toLowerCase()),
  'method-external': (change) =>
    ['openIdConnectSetting', 'clientId', 'issuerUri'].some(
      (name) => at(subject(change)?.value, `/${name}`) !== undefined,
    ),
  'method-temporary-pass': (change) => change.key.toLowerCase() === 'temporaryaccesspass',
  'method-switched-off': (change) => change.path === '/state' && change.after !== 'enabled',
  'method-state': (change) => change.path === '/state' || change.path === '',
  'mode-setting': (change) => change.path.startsWith('/authenticationModeConfiguration/'),
  'keys-are-allow-list': (change) => at(change.objectAfter?.value, '/keyRestrictions/enforcementType') === 'allow',
  'method-phishing-resistant': (change) => ['fido2', 'x509certificate'].includes(change.key.toLowerCase()),
} satisfies Record<string, Fact>;

const REDIRECTS = ['/web/redirectUris', '/spa/redirectUris', '/publicClient/redirectUris', '/replyUrls'];

/** The service principals through which the changed object acts in this tenant. */
function servicePrincipalsOf(change: EvaluatedChange, lookup: SnapshotLookup): string[] {
  if (change.resourceType === 'servicePrincipal') return [change.key];
  const appId = text(subject(change)?.value, 'appId');
  if (appId === null) return [];
  return lookup
    .objects('servicePrincipal')
    .filter(({ value }) => text(value, 'appId') === appId)
    .map(({ key }) => key);
}

function tierZeroPath(change: EvaluatedChange): 'direct' | 'indirect' | null {
  const role = text(subject(change)?.value, 'appRoleId');
  return role === null ? null : (TIER_ZERO_APP_ROLES.get(role)?.path ?? null);
}

/** Unencrypted, with a wildcard, or at a host where the application had no address before. */
function isSuspicious(uri: string, knownHosts: (string | null)[]): boolean {
  if (uri.includes('*')) return true;
  const host = hostOf(uri);
  // Custom schemes and urn: belong to programs on a device; there is no host to compare.
  if (host === null || LOOPBACK.includes(host)) return false;
  return uri.toLowerCase().startsWith('http:') || !knownHosts.includes(host);
}

const LOOPBACK = ['localhost', '127.0.0.1', '[::1]'];

function hostOf(uri: string): string | null {
  if (!/^https?:/i.test(uri)) return null;
  return URL.canParse(uri) ? new URL(uri).hostname : uri;
}

const AUDIENCES = [
  'AzureADMyOrg',
  'AzureADMultipleOrgs',
  'AzureADandPersonalMicrosoftAccount',
  'PersonalMicrosoftAccount',
];

function audienceRank(value: unknown): number {
  return typeof value === 'string' ? AUDIENCES.indexOf(value) : -1;
}
