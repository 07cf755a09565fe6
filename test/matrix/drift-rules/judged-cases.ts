import type { JsonObject } from '../../../src/crypto/canonical-json.js';
import { classifyDrift } from '../../../src/drift/classify/classify-drift.js';
import { type EvaluationContext, lookupOf } from '../../../src/drift/classify/evaluation-context.js';
import type { DriftRule } from '../../../src/drift/classify/rule.types.js';
import { diffSnapshots } from '../../../src/drift/diff/diff-snapshots.js';
import type { ObjectDrift } from '../../../src/drift/diff/drift.types.js';
import { collected } from '../../../src/drift/import/collected.js';
import type { ClassifiedChange } from '../../../src/drift/report/drift-report.types.js';
import { SCANNED_TYPES } from '../../../src/drift/resource-types/resource-type.types.js';
import type { TenantSnapshot } from '../../../src/drift/snapshot/snapshot.types.js';
import type { Objects, RuleCase } from './rule-case.types.js';

/** What differs between the two sides of a case, and what can be asked about it. */
interface Compared {
  drifts: ObjectDrift[];
  context: EvaluationContext;
}

/** A case with its comparison made once, there and back, so that any number of rule sets can be held against it. */
export class JudgedCase {
  private readonly forwards: Compared;
  private readonly backwards: Compared;

  constructor(readonly one: RuleCase) {
    const [was, is] = sides(one).map(snapshot) as [TenantSnapshot, TenantSnapshot];
    const breakGlassIds = new Set(one.breakGlass);
    const [before, after] = [lookupOf(was), lookupOf(is)];
    this.forwards = { drifts: diffSnapshots(was, is).objects, context: { before, after, breakGlassIds } };
    this.backwards = {
      drifts: diffSnapshots(is, was).objects,
      context: { before: after, after: before, breakGlassIds },
    };
  }

  /** What the rule of the case says of the change. */
  said(rules: DriftRule[]): ClassifiedChange[] {
    return this.saidOf(this.forwards, rules);
  }

  /** What it says of the opposite change. */
  saidOfOpposite(rules: DriftRule[]): ClassifiedChange[] {
    return this.saidOf(this.backwards, rules);
  }

  /** Whether the rule alone speaks as the case wants. */
  speaks(rules: DriftRule[]): boolean {
    const direction = this.one.direction ?? 'loosening';
    const said = this.said(rules).filter((change) => change.direction === direction);
    return said.some(({ severity }) => severity === (this.one.alone ?? this.one.severity));
  }

  /** Whether the opposite change is no loosening, and a tightening where the rule leaves that to the opposite. */
  isOneWay(rules: DriftRule[]): boolean {
    if (this.one.bothWays || this.one.direction === 'tightening') return true;
    const back = this.saidOfOpposite(rules);
    if (back.some(({ direction, severity }) => direction === 'loosening' || severity !== 'info')) return false;
    return this.one.opposite === 'silent' || back.length > 0;
  }

  isSilent(rules: DriftRule[]): boolean {
    const said = this.said(rules);
    return this.one.direction === 'neutral'
      ? said.length === 0
      : !said.some(({ direction }) => direction === 'loosening');
  }

  private saidOf({ drifts, context }: Compared, rules: DriftRule[]): ClassifiedChange[] {
    const { rule, path, of = '' } = this.one;
    return classifyDrift(drifts, rules, context).filter(
      (change) =>
        change.rules.includes(rule) && change.resourceKey.includes(of) && (path === undefined || change.path === path),
    );
  }
}

function sides({ type, before, after, around = {}, aroundAfter }: RuleCase): [Objects, Objects] {
  const side = (own: JsonObject | null, others: Objects): Objects => {
    const same = others[type] ?? [];
    return { ...others, [type]: own === null ? same : [own, ...same] };
  };
  return [side(before, around), side(after, aroundAfter ?? around)];
}

function snapshot(objects: Objects): TenantSnapshot {
  const types: TenantSnapshot['types'] = new Map();
  for (const type of SCANNED_TYPES) {
    const raws: JsonObject[] = (objects[type] ?? []).map((raw) => ({ displayName: 'An object', id: '1', ...raw }));
    types.set(type, collected(type, raws));
  }
  return { source: 'graph', tenantId: null, takenAt: null, types };
}
