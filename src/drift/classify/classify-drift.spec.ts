import type { Json, JsonObject } from '../../crypto/canonical-json.js';
import { diffSnapshots } from '../diff/diff-snapshots.js';
import { collected } from '../import/collected.js';
import type { ClassifiedChange } from '../report/drift-report.types.js';
import type { ResourceType } from '../resource-types/resource-type.types.js';
import type { TenantSnapshot } from '../snapshot/snapshot.types.js';
import { classifyDrift } from './classify-drift.js';
import { lookupOf } from './evaluation-context.js';
import { loadRules } from './load-rules.js';

function classify(type: ResourceType, before: JsonObject[], after: JsonObject[]): ClassifiedChange[] {
  const side = (raws: JsonObject[]): TenantSnapshot => {
    return { source: 'graph', tenantId: null, takenAt: null, types: new Map([[type, collected(type, raws)]]) };
  };
  const [was, is] = [side(before), side(after)];
  return classifyDrift(diffSnapshots(was, is).objects, loadRules(), {
    before: lookupOf(was),
    after: lookupOf(is),
    breakGlassIds: new Set(),
  });
}

const one = (type: ResourceType, before: JsonObject, after: JsonObject) =>
  classify(type, [{ id: '1', ...before }], [{ id: '1', ...after }]);
const short = (changes: ClassifiedChange[]) =>
  changes.map(({ path, direction, severity, rules }) => [path, direction, severity, rules.join(' ')]);

describe('direction', () => {
  test('report-only to enabled, and disabled to either, is stricter', () => {
    const states: [Json, Json][] = [
      ['enabledForReportingButNotEnforced', 'enabled'],
      ['disabled', 'enabled'],
    ];
    for (const [before, after] of states) {
      expect(one('conditionalAccessPolicy', { state: before }, { state: after })[0]).toMatchObject({
        direction: 'tightening',
        severity: 'info',
      });
    }
  });

  test('an exchange in an exclusion is a loosening: somebody new is out', () => {
    const users = (excludeUsers: string[]) => ({ conditions: { users: { excludeUsers } } });
    expect(short(one('conditionalAccessPolicy', users(['a']), users(['b'])))).toEqual([
      ['/conditions/users/excludeUsers', 'loosening', 'high', 'CA-04'],
    ]);
  });
});

describe('several rules on one change', () => {
  test('the worst leads, all are named, references are joined without doubles', () => {
    const policy = (builtInControls: string[]) => ({ grantControls: { operator: 'OR', builtInControls } });
    const [change] = one(
      'conditionalAccessPolicy',
      policy(['mfa', 'compliantDevice']),
      policy(['approvedApplication']),
    );
    expect(change).toMatchObject({ severity: 'critical', direction: 'loosening', rules: ['CA-12', 'CA-14', 'CA-15'] });
    expect(new Set(change?.references).size).toBe(change?.references.length);
    expect(change?.references).toEqual(expect.arrayContaining(['T1556', 'MS.AAD.3.7']));
  });
});

describe('what no rule speaks of', () => {
  test.each<[string, ResourceType, JsonObject, JsonObject, string, string]>([
    ['a name', 'conditionalAccessPolicy', { displayName: 'a' }, { displayName: 'b' }, 'neutral', 'info'],
    ['a description', 'group', { description: 'a' }, { description: 'b' }, 'neutral', 'info'],
    [
      'a member that nobody has judged',
      'conditionalAccessPolicy',
      { somethingNew: 1 },
      { somethingNew: 2 },
      'neutral',
      'low',
    ],
    [
      'an exclusion of a kind to come',
      'conditionalAccessPolicy',
      { conditions: { robots: { excludeRobots: [] } } },
      { conditions: { robots: { excludeRobots: ['x'] } } },
      'loosening',
      'medium',
    ],
    [
      'an inclusion of a kind to come',
      'conditionalAccessPolicy',
      { conditions: { robots: { includeRobots: ['x', 'y'] } } },
      { conditions: { robots: { includeRobots: ['x'] } } },
      'loosening',
      'medium',
    ],
    [
      'a switch that went off',
      'authenticationMethodsPolicy',
      { x: { isEnabled: true } },
      { x: { isEnabled: false } },
      'loosening',
      'medium',
    ],
    [
      'a switch that went on',
      'authenticationMethodsPolicy',
      { x: { isEnabled: false } },
      { x: { isEnabled: true } },
      'tightening',
      'info',
    ],
  ])('%s is reported all the same', (_name, type, before, after, direction, severity) => {
    expect(one(type, before, after)).toEqual([
      expect.objectContaining({ direction, severity, rules: [], references: [], title: expect.stringMatching(/.+/) }),
    ]);
  });

  test('a role outside the control plane is a loosening, its end a tightening', () => {
    const held = { principalId: 'p', roleDefinitionId: 'reader' };
    expect(short(classify('roleAssignment', [], [held]))).toEqual([['', 'loosening', 'low', '']]);
    expect(short(classify('roleAssignment', [held], []))).toEqual([['', 'tightening', 'info', '']]);
  });

  test('an object that came or went is low', () => {
    expect(short(classify('application', [], [{ id: 'a', displayName: 'x' }]))).toEqual([['', 'neutral', 'low', '']]);
    expect(short(classify('application', [{ id: 'a', displayName: 'x' }], []))).toEqual([['', 'neutral', 'low', '']]);
  });
});
