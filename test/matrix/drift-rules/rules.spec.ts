import type { JsonObject } from '../../../src/crypto/canonical-json.js';
import { classifyDrift } from '../../../src/drift/classify/classify-drift.js';
import { lookupOf } from '../../../src/drift/classify/evaluation-context.js';
import { loadRules } from '../../../src/drift/classify/load-rules.js';
import { diffSnapshots } from '../../../src/drift/diff/diff-snapshots.js';
import { collected } from '../../../src/drift/import/collected.js';
import type { ClassifiedChange, Severity } from '../../../src/drift/report/drift-report.types.js';
import { RESOURCE_TYPES } from '../../../src/drift/resource-types/resource-type.types.js';
import type { TenantSnapshot } from '../../../src/drift/snapshot/snapshot.types.js';
import { ACCESS_CASES, ACCESS_SILENT } from './cases-access.js';
import { APP_CASES, APP_SILENT } from './cases-apps.js';
import { ORGANISATION_CASES, ORGANISATION_SILENT } from './cases-organisation.js';
import { POLICY_CASES, POLICY_SILENT } from './cases-policies.js';
import { TENANT_CASES, TENANT_SILENT } from './cases-tenant.js';
import type { Objects, RuleCase } from './rule-case.types.js';

const RULES = loadRules();
const CASES = [...POLICY_CASES, ...TENANT_CASES, ...APP_CASES, ...ORGANISATION_CASES, ...ACCESS_CASES];
const SILENT = [...POLICY_SILENT, ...TENANT_SILENT, ...APP_SILENT, ...ORGANISATION_SILENT, ...ACCESS_SILENT];

function snapshot(objects: Objects): TenantSnapshot {
  const types: TenantSnapshot['types'] = new Map();
  for (const type of RESOURCE_TYPES) {
    const raws: JsonObject[] = (objects[type] ?? []).map((raw) => ({ displayName: 'An object', id: '1', ...raw }));
    types.set(type, collected(type, raws));
  }
  return { source: 'graph', tenantId: null, takenAt: null, types };
}

function classify(before: Objects, after: Objects, breakGlass: string[] = []): ClassifiedChange[] {
  const was = snapshot(before);
  const is = snapshot(after);
  const context = { before: lookupOf(was), after: lookupOf(is), breakGlassIds: new Set(breakGlass) };
  return classifyDrift(diffSnapshots(was, is).objects, RULES, context);
}

function sides({ type, before, after, around = {} }: RuleCase): [Objects, Objects] {
  const side = (own: JsonObject | null): Objects => {
    const others = around[type] ?? [];
    return { ...around, [type]: own === null ? others : [own, ...others] };
  };
  return [side(before), side(after)];
}

function saidBy(rule: string, changes: ClassifiedChange[]): ClassifiedChange[] {
  return changes.filter(({ rules }) => rules.includes(rule));
}

describe('every rule', () => {
  test.each(RULES.map(({ id }) => id))('%s has a case of its own', (id) => {
    expect(CASES.some(({ rule }) => rule === id)).toBe(true);
  });

  test.each(CASES.map((one): [string, string, RuleCase] => [one.rule, one.name, one]))('%s: %s', (rule, _name, one) => {
    const said = saidBy(rule, classify(...sides(one), one.breakGlass));
    expect(said.map(({ direction }) => direction)).toContain(one.direction ?? 'loosening');
    const severities = said.map(({ severity }) => severity);
    expect(severities).toContain(one.severity satisfies Severity);
  });

  test.each(
    CASES.filter(({ bothWays }) => !bothWays).map((one): [string, string, RuleCase] => [one.rule, one.name, one]),
  )('%s does not call the opposite of "%s" a loosening', (rule, _name, one) => {
    const [before, after] = sides(one);
    for (const change of saidBy(rule, classify(after, before, one.breakGlass))) {
      expect(change).toMatchObject({ direction: expect.not.stringMatching('loosening'), severity: 'info' });
    }
  });

  test.each(SILENT.map((one): [string, string, RuleCase] => [one.rule, one.name, one]))(
    '%s is silent: %s',
    (rule, _name, one) => {
      const loosenings = saidBy(rule, classify(...sides(one), one.breakGlass)).filter(
        ({ direction }) => direction === 'loosening',
      );
      expect(loosenings).toEqual([]);
    },
  );
});
