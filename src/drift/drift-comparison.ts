import { Injectable } from '@nestjs/common';
import { TransactionRunner } from '../database/transaction-runner.js';
import { BaselineService } from './baseline/baseline.service.js';
import { classifyDrift } from './classify/classify-drift.js';
import { lookupOf } from './classify/evaluation-context.js';
import { loadRules } from './classify/load-rules.js';
import type { TenantCollection } from './collect/collect.types.js';
import { type ComparedControls, compareControls, raisedByControls } from './controls/compare-controls.js';
import { sourceOf } from './controls/control-input.js';
import { diffSnapshots } from './diff/diff-snapshots.js';
import { type Assessability, type AssessedChange, assessorOf } from './report/assessability.js';
import type { ClassifiedChange, IncompleteType } from './report/drift-report.types.js';
import { asAfter, SnapshotReader } from './snapshot/snapshot-reader.js';

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
}

export interface ComparedTenant {
  /** tenants.id */
  id: string;
  breakGlassObjectIds: readonly string[];
}

/** Holds what a scan read against the tenant's baseline, and says what each difference means. */
@Injectable()
export class DriftComparison {
  readonly rules = loadRules();

  constructor(
    private readonly transactions: TransactionRunner,
    private readonly baselines: BaselineService,
    private readonly snapshots: SnapshotReader,
  ) {}

  async compare(tenant: ComparedTenant, takenAt: Date, collection: TenantCollection): Promise<Comparison> {
    const sides = await this.transactions.read(async (tx) => {
      const current = await this.baselines.current(tx, tenant.id);
      if (current === null) return null;
      return { baseline: current.baseline, before: await this.snapshots.asBefore(tx, current.snapshot, collection) };
    });
    const after = asAfter(tenant.id, takenAt, collection);
    const breakGlassIds = new Set(tenant.breakGlassObjectIds.map((id) => id.toLowerCase()));
    const before = sides === null ? null : sourceOf(sides.before);
    const controls = compareControls(before, sourceOf(after), { breakGlassIds });
    if (sides === null)
      return { baselineVersion: null, changes: [], notCompared: [], controls, assess: assessorOf(null, collection) };
    const { objects, incomplete } = diffSnapshots(sides.before, after);
    const changes = classifyDrift(objects, this.rules, {
      before: lookupOf(sides.before),
      after: lookupOf(after),
      breakGlassIds,
    });
    return {
      baselineVersion: sides.baseline.version,
      changes: raisedByControls(changes, controls),
      notCompared: incomplete,
      controls,
      assess: assessorOf(sides.before, collection),
    };
  }
}
