import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { JsonObject } from '../../src/crypto/canonical-json.js';
import { attributeChange } from '../../src/drift/attribution/attribute-change.js';
import type { AttributableChange } from '../../src/drift/attribution/attribution.types.js';
import { parseDirectoryAudit } from '../../src/drift/attribution/directory-audit-event.js';
import { describeWithData, sharedData } from './shared-data.js';

const FOLDER = 'panther-entra-audit';
const folder = sharedData(FOLDER);

interface Recorded {
  event: { properties: JsonObject };
}

describeWithData(FOLDER, 'who made a change, by audit events that others recorded', () => {
  const read = (name: string): JsonObject =>
    (JSON.parse(readFileSync(join(folder, name), 'utf8')) as Recorded).event.properties;
  const events = (...names: string[]) =>
    names.map((name) => parseDirectoryAudit(read(name))).filter((event) => event !== null);
  const change = (part: Partial<AttributableChange>): AttributableChange => ({
    resourceType: 'conditionalAccessPolicy',
    resourceKey: '123456789',
    changeType: 'modified',
    path: '/grantControls/builtInControls',
    before: ['mfa'],
    after: [],
    modifiedAt: null,
    since: new Date('2024-01-01T00:00:00Z'),
    ...part,
  });

  it('proves that MFA was taken out of a policy, though the log writes MFA in capitals', () => {
    const verdict = attributeChange(change({}), events('azure_mfa_disabled.0.json'));
    expect(verdict).toMatchObject({ attribution: 'exact', actor: { type: 'user', id: '123456789b' } });
  });

  it('does not prove with the same event what it did not write', () => {
    const state = change({ path: '/state', before: 'enabled', after: 'disabled' });
    expect(attributeChange(state, events('azure_mfa_disabled.0.json')).attribution).toBe('probable');
  });

  it('proves that a policy was deleted', () => {
    const removed = change({
      resourceKey: '5e3cb481-2814-4295-b4cc-2440a6d66c86',
      changeType: 'removed',
      path: '',
      before: { state: 'enabled' },
      after: null,
    });
    expect(attributeChange(removed, events('azure_policy_changed.0.json')).attribution).toBe('exact');
  });

  it('finds who added a credential to a service principal', () => {
    const path = '/passwordCredentials/00000000-1111-4222-8333-444444444444';
    const credential = change({
      resourceType: 'servicePrincipal',
      resourceKey: 'sp-app-456',
      path,
      before: null,
      after: {},
    });
    expect(attributeChange(credential, events('azure_service_principal_credentials_added.0.json'))).toMatchObject({
      attribution: 'probable',
      actor: { type: 'user' },
    });
  });

  it('reads every event of the set, and drops those that failed or are sign-ins', () => {
    const names = readdirSync(folder).filter((name) => name.endsWith('.json'));
    const kept = names.filter((name) => events(name).length === 1);
    const expected = names.filter((name) => {
      const { activityDisplayName, result } = read(name);
      return typeof activityDisplayName === 'string' && (result ?? 'success') === 'success';
    });
    expect(kept).toEqual(expected);
    expect(kept.length).toBeGreaterThan(15);
  });
});
