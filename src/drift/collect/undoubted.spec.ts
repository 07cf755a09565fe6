import { RESOURCE_TYPE_CATALOGUE } from '../resource-types/catalogue.js';
import { TypeCollector } from './type-collector.js';
import { undoubtedOf } from './undoubted.js';

const { collect } = RESOURCE_TYPE_CATALOGUE.application;
const children = collect.kind === 'list' ? (collect.children ?? []) : [];

describe('an object that is read a second time', () => {
  const raw = { id: 'a', appId: 'b', displayName: 'App', signInAudience: 'AzureADMyOrg' };

  it('keeps what stands below it and is not doubted, and comes out as when all of it is asked for', async () => {
    const read = { ...raw, owners: [{ id: 'o1' }, { id: 'o2' }], federatedIdentityCredentials: [] };
    const first = new TypeCollector(RESOURCE_TYPE_CATALOGUE.application);
    await first.add([read]);
    const known = undoubtedOf(await first.result(), new Map([['a', new Set(['signInAudience'])]]));
    const second = new TypeCollector(RESOURCE_TYPE_CATALOGUE.application);
    const below = Object.fromEntries(children.map((child) => [child.into, known.of(child, 'a')]));
    expect(Object.values(below)).not.toContain(null);
    await second.add([{ ...raw, ...below } as never]);
    const [one, other] = [await first.result(), await second.result()];
    expect(other.changed.get('a')?.object.hash).toBe(one.changed.get('a')?.object.hash);
  });

  it('is asked for what is doubted, for all of it where it came, and where the first reading did not have it', async () => {
    const first = new TypeCollector(RESOURCE_TYPE_CATALOGUE.application);
    await first.add([{ ...raw, owners: [], federatedIdentityCredentials: [] }]);
    const doubted = new Map([
      ['a', new Set(['owners'])],
      ['x', new Set(['signInAudience'])],
    ]);
    const known = undoubtedOf(await first.result(), doubted);
    const isAsked = (key: string, into: string) =>
      children.filter((child) => child.into === into).every((child) => known.of(child, key) === null);
    expect([isAsked('a', 'owners'), isAsked('a', 'federatedIdentityCredentials')]).toEqual([true, false]);
    expect([isAsked('x', 'owners'), isAsked('other', 'owners')]).toEqual([true, true]);
    const whole = undoubtedOf(await first.result(), new Map([['a', null]]));
    expect(children.map((child) => whole.of(child, 'a'))).toEqual(children.map(() => null));
  });
});
