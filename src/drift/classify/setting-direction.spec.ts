import type { Json } from '../../crypto/canonical-json.js';
import { directionOfSetting } from './setting-direction.js';

const direction = (path: string, before: Json | undefined, after: Json | undefined) =>
  directionOfSetting({
    resourceType: 'exchangeSetting',
    key: 'k',
    changeType: 'modified',
    path,
    before,
    after,
    objectBefore: null,
    objectAfter: null,
  });

test.each<[string, Json | undefined, Json | undefined]>([
  ['/enabled', true, false],
  ['/state', 'Enabled', 'Disabled'],
  ['/mode', 'Enforce', 'AuditAndNotify'],
  ['/auditDisabled', false, true],
  ['/disabled', false, true],
  ['/isDisabled', undefined, true],
  ['/autoForwardEnabled', false, true],
  ['/allowAnonymousUsersToJoinMeeting', false, true],
  ['/disableCustomAppAuthentication', true, false],
  ['/smtpClientAuthenticationDisabled', true, false],
  ['/legacyAuthProtocolsEnabled', false, true],
  ['/preventExternalUsersFromResharing', true, false],
  ['/dmarcRejectAction', 'Reject', 'None'],
  ['/excludedSenders', [], ['x']],
  ['/ipAllowList', ['x'], ['y']],
  ['/blockedSenders', ['x'], []],
])('%s from %j to %j is a loosening, and back a tightening', (path, before, after) => {
  expect(direction(path, before, after)).toBe('loosening');
  if (JSON.stringify(before) !== '["x"]' || JSON.stringify(after) === '[]')
    expect(direction(path, after, before)).toBe('tightening');
});

test.each<[string, Json, Json]>([
  ['/sharingCapability', 0, 2],
  ['/recipientDomainIs', ['x'], ['y']],
  ['/state', 'A', 'B'],
  ['/commentsOnFiles', true, false],
])('of %s the words do not say', (path, before, after) => expect(direction(path, before, after)).toBe('neutral'));
