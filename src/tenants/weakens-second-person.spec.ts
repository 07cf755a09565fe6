import type { WatchedTenant } from './tenants.types.js';
import { weakensSecondPerson } from './weakens-second-person.js';

const ID = '0198f1c2-7c11-7000-8000-3f2b8e3d5a10';
const TENANT: WatchedTenant = {
  id: ID,
  entraTenantId: ID,
  displayName: 'Contoso',
  signInAllowed: true,
  scanEnabled: true,
  scanIntervalSeconds: 300,
  breakGlassObjectIds: [ID],
  secondPerson: true,
  remediationEnabled: false,
  version: 1,
};

describe('what one person may not change of a tenant that wants two', () => {
  it.each([
    [{ secondPerson: false }, true],
    [{ scanEnabled: false }, true],
    [{ breakGlassObjectIds: [] }, true],
    [{ breakGlassObjectIds: [ID, '0198f1c2-7c11-7000-8000-3f2b8e3d5a11'] }, true],
    [{ breakGlassObjectIds: [ID.toUpperCase()] }, false],
    [{ scanIntervalSeconds: 86_400 }, true],
    [{ scanIntervalSeconds: 301, displayName: 'Other' }, true],
    [{ secondPerson: true, scanEnabled: true, displayName: 'Other', scanIntervalSeconds: 300 }, false],
    [{ scanIntervalSeconds: 60 }, false],
  ])('%j', (patch, expected) => {
    expect(weakensSecondPerson(TENANT, patch)).toBe(expected);
    expect(weakensSecondPerson({ ...TENANT, secondPerson: false }, patch)).toBe(false);
  });
});
