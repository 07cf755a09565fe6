import type { JsonObject } from '../../crypto/canonical-json.js';
import type { ResourceType } from '../resource-types/resource-type.types.js';
import { namedBy } from '../snapshot/referenced-ids.js';
import type { TypeState } from '../snapshot/stored-snapshot.js';
import { type AssessedChange, type AssessedSide, assessorOf as assessorOfSides } from './assessability.js';

const USER = '11111111-1111-4111-8111-111111111111';

type ReadType = Pick<TypeState, 'status' | 'notCarried'> & {
  resourceType: ResourceType;
  contents: Record<string, JsonObject>;
};

function type(
  resourceType: ResourceType,
  contents: Record<string, JsonObject>,
  part: Partial<Pick<TypeState, 'status' | 'reason' | 'notCarried'>> = {},
): ReadType {
  return { resourceType, status: 'complete', contents, ...part };
}

interface ReadSide extends AssessedSide {
  types: ReadonlyMap<ResourceType, ReadType>;
}

const side = (...types: ReadType[]): ReadSide => ({
  types: new Map(types.map((one) => [one.resourceType, one])),
  keys: new Map(types.map((one) => [one.resourceType, new Set(Object.keys(one.contents))])),
});
const [collection, baseline] = [side, side];

function assessorOf(before: AssessedSide | null, now: ReadSide) {
  const objects = [...now.types.values()].flatMap(({ resourceType, contents }) =>
    Object.values(contents).map((value) => ({ resourceType, value })),
  );
  return assessorOfSides(before, now, namedBy(objects));
}

const assignment: AssessedChange = {
  resourceType: 'roleAssignment',
  resourceKey: 'a',
  changeType: 'modified',
  path: '/endDateTime',
};
const userChange: AssessedChange = {
  resourceType: 'user',
  resourceKey: USER,
  changeType: 'modified',
  path: '/accountEnabled',
};

describe('what the silence of a scan says of a change', () => {
  it('is an answer where both sides were read', () => {
    const both = type('roleAssignment', { a: {} });
    expect(assessorOf(baseline(both), collection(both))(assignment)).toBe('assessed');
    expect(assessorOf(baseline(both), collection(type('roleAssignment', {})))(assignment)).toBe('assessed');
  });

  it('is none without a baseline, and none where one of the two lacks the type', () => {
    const both = type('roleAssignment', { a: {} });
    expect(assessorOf(null, collection(both))(assignment)).toBe('not-assessed');
    expect(assessorOf(baseline(), collection(both))(assignment)).toBe('not-assessed');
    expect(assessorOf(baseline(both), collection())(assignment)).toBe('not-assessed');
  });

  it('is none of an object that an incomplete reading lacks, and one of an object that it has', () => {
    const partial = type('roleAssignment', { a: {} }, { status: 'partial', reason: 'x' });
    const assess = assessorOf(baseline(type('roleAssignment', { a: {}, b: {} })), collection(partial));
    expect(assess(assignment)).toBe('assessed');
    expect(assess({ ...assignment, resourceKey: 'b' })).toBe('not-assessed');
  });

  it('is none at and below a path that either side could not say anything about', () => {
    const whole = type('roleAssignment', { a: {} });
    const without = type('roleAssignment', { a: {} }, { notCarried: ['/endDateTime'] });
    for (const assess of [
      assessorOf(baseline(whole), collection(without)),
      assessorOf(baseline(without), collection(whole)),
    ]) {
      expect(assess(assignment)).toBe('not-assessed');
      expect(assess({ ...assignment, path: '/endDateTime/x' })).toBe('not-assessed');
      expect(assess({ ...assignment, path: '/endDate' })).toBe('assessed');
    }
  });

  it('is none of an added object while the baseline is incomplete and does not hold it', () => {
    const added: AssessedChange = { ...assignment, changeType: 'added', path: '' };
    const now = collection(type('roleAssignment', { a: {} }));
    const incomplete = { status: 'partial', reason: 'x' } as const;
    expect(assessorOf(baseline(type('roleAssignment', {}, incomplete)), now)(added)).toBe('not-assessed');
    expect(assessorOf(baseline(type('roleAssignment', { a: {} }, incomplete)), now)(added)).toBe('assessed');
    const gone = collection(type('roleAssignment', {}));
    expect(assessorOf(baseline(type('roleAssignment', {}, incomplete)), gone)(added)).toBe('assessed');
  });

  it('is no answer about a user whom nothing names any more, and one while something does', () => {
    const before = baseline(type('user', { [USER]: {} }));
    const naming = type('roleAssignment', { a: { principalId: USER } });
    const assess = (...types: ReadType[]) => assessorOf(before, collection(...types))(userChange);
    expect(assess(type('user', {}), type('roleAssignment', {}))).toBe('out-of-scope');
    expect(assess(type('user', {}), naming)).toBe('assessed');
    expect(assess(type('user', { [USER]: {} }), type('roleAssignment', {}))).toBe('assessed');
    expect(assess(type('user', {}, { status: 'partial', reason: 'x' }), type('roleAssignment', {}))).toBe(
      'not-assessed',
    );
  });
});
