import type { JsonObject } from '../../../src/crypto/canonical-json.js';
import { type Edge, edgesOf } from './edges.js';

const named = (more: JsonObject): JsonObject => ({ id: 'one', displayName: 'One', ...more });
const setting = (more: JsonObject): JsonObject =>
  named({
    secondPerson: true,
    scanEnabled: true,
    scanIntervalSeconds: 300,
    remediationEnabled: false,
    signInAllowed: false,
    ...more,
  });
const SETTINGS: Edge[] = [
  ['WA-01', 'off', setting({}), setting({ secondPerson: false }), 'high'],
  ['WA-02', 'off', setting({}), setting({ scanEnabled: false }), 'high'],
  ['WA-03', 'a day', setting({}), setting({ scanIntervalSeconds: 86_400 }), 'medium'],
  ['WA-04', 'on', setting({}), setting({ remediationEnabled: true }), 'high'],
  ['WA-05', 'one more', setting({}), setting({ breakGlassObjectIds: ['x'] }), 'high'],
  [
    'WA-05',
    'another',
    setting({ breakGlassObjectIds: ['y'] }),
    setting({ breakGlassObjectIds: ['x'] }),
    'high',
    { bothWays: true },
  ],
  ['WA-06', 'on', setting({}), setting({ signInAllowed: true }), 'medium'],
  ['WA-01', 'a name', setting({}), setting({ displayName: 'Two' }), 'nothing'],
];
const override = (saysLess: boolean, severityRank: number | null): JsonObject => named({ saysLess, severityRank });
const OVERRIDES: Edge[] = [
  ['WA-07', 'a new one', null, override(true, 1), 'high'],
  ['WA-07', 'from graver to milder', override(false, 4), override(true, 4), 'high'],
  ['WA-07', 'a graver one', null, override(false, 4), 'nothing'],
  ['WA-07', 'gone', override(true, 1), null, 'tighter'],
  ['WA-08', 'lower still', override(true, 2), override(true, 1), 'medium'],
  ['WA-08', 'a severity where there was none', override(true, null), override(true, 1), 'nothing'],
];
const IGNORING: Edge[] = [
  ['WA-09', 'one object', null, named({ resourceKey: 'k' }), 'medium'],
  ['WA-09', 'a path of every object', null, named({ pathPattern: '/a' }), 'high'],
  ['WA-09', 'gone', named({ resourceKey: 'k' }), null, 'tighter'],
];
const WINDOWS: Edge[] = [
  ['WA-10', 'a new one', null, named({ exclusive: false }), 'medium'],
  ['WA-10', 'an exclusive one is gone', named({ exclusive: true }), null, 'medium'],
  ['WA-10', 'a new exclusive one', null, named({ exclusive: true }), 'tighter'],
  ['WA-10', 'gone', named({ exclusive: false }), null, 'tighter'],
];
const endpoint = (more: JsonObject = {}): JsonObject =>
  named({
    status: 'enabled',
    eventTypes: ['*'],
    resourceTypes: ['*'],
    controls: ['*'],
    quietBelow: 1,
    urlFingerprints: { 1: 'aa' },
    ...more,
  });
const ENDPOINTS: Edge[] = [
  ['WA-11', 'gone', endpoint(), null, 'high'],
  ['WA-11', 'off', endpoint(), endpoint({ status: 'disabled' }), 'high'],
  ['WA-11', 'a new one', null, endpoint(), 'tighter'],
  ['WA-12', 'another address', endpoint(), endpoint({ urlFingerprints: { 1: 'bb' } }), 'high', { bothWays: true }],
  ['WA-12', 'by another key', endpoint(), endpoint({ urlFingerprints: { 1: 'aa', 2: 'cc' } }), 'nothing'],
  ['WA-13', 'from high on', endpoint(), endpoint({ quietBelow: 3 }), 'medium'],
  ['WA-13', 'some events', endpoint(), endpoint({ eventTypes: ['audit.checkpoint'] }), 'medium'],
  ['WA-13', 'some types', endpoint(), endpoint({ resourceTypes: ['user'] }), 'medium'],
  ['WA-13', 'some controls', endpoint(), endpoint({ controls: ['MS.AAD.3.2'] }), 'medium'],
  [
    'WA-13',
    'one type more',
    endpoint({ resourceTypes: ['user'] }),
    endpoint({ resourceTypes: ['user', 'group'] }),
    'nothing',
  ],
  ['WA-13', 'a threshold where there was none', endpoint({ quietBelow: null }), endpoint(), 'nothing'],
];
const ALL = [
  edgesOf('watchSetting', SETTINGS),
  edgesOf('watchRuleOverride', OVERRIDES),
  edgesOf('watchIgnoreRule', IGNORING),
  edgesOf('watchChangeWindow', WINDOWS),
  edgesOf('watchEndpoint', ENDPOINTS),
];

export const WATCH_CASES = ALL.flatMap(({ cases }) => cases);
export const WATCH_SILENT = ALL.flatMap(({ silent }) => silent);
