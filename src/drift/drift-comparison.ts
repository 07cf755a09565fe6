import { Injectable } from '@nestjs/common';
import { type Transaction, TransactionRunner } from '../database/transaction-runner.js';
import { BaselineService, type CurrentBaseline } from './baseline/baseline.service.js';
import { unpinned } from './baseline/pinned-baseline.js';
import { classifyDrift } from './classify/classify-drift.js';
import type { SnapshotLookup } from './classify/evaluation-context.js';
import type { TenantCollection } from './collect/collect.types.js';
import { type ComparedScan, ComparedSides } from './compared-sides.js';
import { type ComparedControls, compareControls, raisedByControls } from './controls/compare-controls.js';
import { diffSnapshots } from './diff/diff-snapshots.js';
import type { ObjectDrift } from './diff/drift.types.js';
import { RuleOverrides } from './overrides/rule-overrides.service.js';
import { type Assessability, type AssessedChange, assessorOf } from './report/assessability.js';
import { ChangesRepository } from './report/changes.repository.js';
import type { ClassifiedChange, IncompleteType } from './report/drift-report.types.js';
import type { ResourceType } from './resource-types/resource-type.types.js';
import type { TenantSnapshot } from './snapshot/snapshot.types.js';
import { SnapshotReader } from './snapshot/snapshot-reader.js';

/** What a scan found against the baseline. */
export interface Comparison {
  /** Null while no baseline was approved; there are no changes then. */
  baselineVersion: number | null;
  changes: ClassifiedChange[];
  /** What one of the two sides can't answer for. */
  notCompared: IncompleteType[];
  controls: ComparedControls;
  /** Whether a change that isn't among `changes` would be there if it still were. */
  assess: (change: AssessedChange) => Assessability;
  /** When Graph says that the object of one of `changes` was last modified. */
  modifiedAt: (change: ClassifiedChange) => string | null;
}

export interface ComparedTenant {
  /** tenants.id */
  id: string;
  breakGlassObjectIds: readonly string[];
}

/** Holds what a scan read against the tenant's baseline, and says what each difference means. */
@Injectable()
export class DriftComparison {
  constructor(
    private readonly transactions: TransactionRunner,
    private readonly baselines: BaselineService,
    private readonly snapshots: SnapshotReader,
    private readonly changes: ChangesRepository,
    private readonly rules: RuleOverrides,
  ) {}

  compare(tenant: ComparedTenant, scan: Omit<ComparedScan, 'baseline'>): Promise<Comparison> {
    return this.transactions.read(async (tx) =>
      this.compareWith(tx, tenant, scan, await this.baselines.current(tx, tenant.id)),
    );
  }

  /** @param current what would be found if this were the baseline; null for none */
  async compareWith(
    tx: Transaction,
    tenant: ComparedTenant,
    scan: Omit<ComparedScan, 'baseline'>,
    current: CurrentBaseline | null,
  ): Promise<Comparison> {
    const baseline = current?.snapshot ?? null;
    const sides = new ComparedSides(tx, current?.side ?? unpinned(this.snapshots), { ...scan, baseline });
    const { before, after } = await sides.differing();
    const breakGlassIds = new Set(tenant.breakGlassObjectIds.map((id) => id.toLowerCase()));
    const controlsOf = (lookups: Record<'before' | 'after', SnapshotLookup>) =>
      compareControls(
        baseline === null ? null : { lookup: lookups.before, types: before.types },
        { lookup: lookups.after, types: after.types },
        { breakGlassIds },
      );
    if (current === null) return { ...NO_BASELINE, controls: await sides.evaluate(controlsOf) };
    const rules = await this.rules.speaking(tx, tenant.id);
    const { objects, incomplete } = diffSnapshots(before, after, () => namedIn(scan.collection));
    const { changes, controls } = await sides.evaluate((lookups) => ({
      changes: classifyDrift(objects, rules, { ...lookups, breakGlassIds }),
      controls: controlsOf(lookups),
    }));
    return {
      baselineVersion: current.version,
      changes: raisedByControls(changes, controls),
      notCompared: incomplete,
      controls,
      assess: await this.assessor(tx, tenant.id, before.types, sides, scan.collection),
      modifiedAt: modifiedAtOf(objects, scan.collection),
    };
  }

  /** Changes that are live now are all that can be asked about: only scans make others, and the next one isn't running. */
  private async assessor(
    tx: Transaction,
    tenantId: string,
    was: TenantSnapshot['types'],
    sides: ComparedSides,
    collection: TenantCollection,
  ): Promise<Comparison['assess']> {
    const keys = new Map<ResourceType, string[]>();
    for (const { resourceType, resourceKey } of await this.changes.findLive(tx, tenantId))
      keys.set(resourceType, [...(keys.get(resourceType) ?? []), resourceKey]);
    const before = new Map<ResourceType, ReadonlySet<string>>();
    const after = new Map<ResourceType, ReadonlySet<string>>();
    for (const [type, wanted] of keys) {
      before.set(type, await sides.keysBefore(type, wanted));
      after.set(type, await sides.keysRead(type, wanted));
    }
    const assess = assessorOf({ types: was, keys: before }, { types: collection, keys: after }, namedIn(collection));
    const asked = new Map(Array.from(keys, ([type, wanted]) => [type, new Set(wanted)]));
    return (change) =>
      asked.get(change.resourceType)?.has(change.resourceKey) === true ? assess(change) : 'not-assessed';
  }
}

const NO_BASELINE: Omit<Comparison, 'controls'> = {
  baselineVersion: null,
  changes: [],
  notCompared: [],
  assess: () => 'not-assessed',
  modifiedAt: () => null,
};

function namedIn(collection: TenantCollection): Set<string> {
  const all = new Set<string>();
  for (const { named } of collection.values()) for (const id of named) all.add(id);
  return all;
}

/** As read now, where the object was read again in another form than before. */
function modifiedAtOf(objects: ObjectDrift[], collection: TenantCollection): Comparison['modifiedAt'] {
  const after = new Map(objects.map((drift) => [`${drift.resourceType} ${drift.key}`, drift.after]));
  return ({ resourceType, resourceKey }) => {
    const object = after.get(`${resourceType} ${resourceKey}`) ?? null;
    if (object === null) return null;
    const reread = collection.get(resourceType)?.reread.get(object.key);
    return reread === undefined ? object.modifiedAt : reread.modifiedAt;
  };
}
