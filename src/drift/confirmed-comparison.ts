import { Injectable } from '@nestjs/common';
import { TransactionRunner } from '../database/transaction-runner.js';
import type { Doubted, TenantCollection, TenantReading } from './collect/collect.types.js';
import { holdSightings } from './collect/hold-sightings.js';
import { withReadAgain } from './collect/with-read-again.js';
import type { ComparedScan } from './compared-sides.js';
import { type ComparedTenant, type Comparison, DriftComparison } from './drift-comparison.js';
import { ChangesRepository } from './report/changes.repository.js';
import type { ClassifiedChange, Severity } from './report/drift-report.types.js';
import { identityOf } from './report/reconcile-changes.js';
import type { ResourceType } from './resource-types/resource-type.types.js';

/** What would wake somebody is looked at twice before it does. */
const READ_AGAIN: ReadonlySet<Severity> = new Set(['critical', 'high']);

/** What a scan is compared with, before anything of it is doubted. */
export interface ScanReading extends Omit<ComparedScan, 'baseline' | 'collection'> {
  reading: TenantReading;
}

/**
 * Holds a reading against the baseline and believes it only where one look is enough: grave changes that nobody knows yet are
 * read again at once, other comings and goings of flapping types wait for the next scan.
 */
@Injectable()
export class ConfirmedComparison {
  constructor(
    private readonly transactions: TransactionRunner,
    private readonly comparison: DriftComparison,
    private readonly changes: ChangesRepository,
  ) {}

  /** @returns the collection that counts, and what it says against the baseline */
  async compare(
    tenant: ComparedTenant,
    { reading, ...scan }: ScanReading,
    signal: AbortSignal,
  ): Promise<{ collection: TenantCollection; comparison: Comparison }> {
    const { previous, heads } = scan;
    const { collection } = reading;
    const first = await this.comparison.compare(tenant, { ...scan, collection });
    const doubted = await this.doubted(tenant.id, first);
    const again = doubted.size === 0 ? new Map() : await reading.again(doubted, signal);
    const corrected = await withReadAgain(collection, again, heads);
    const counts = holdSightings(corrected, previous?.types, again);
    const isSame = again.size === 0 && [...counts].every(([type, one]) => one === collection.get(type));
    return {
      collection: counts,
      comparison: isSame ? first : await this.comparison.compare(tenant, { ...scan, collection: counts }),
    };
  }

  /** The objects in which something grave is new, and where in them. */
  private async doubted(tenantId: string, { changes, controls }: Comparison): Promise<Doubted> {
    const lost = new Set(controls.lost.map(({ id }) => id));
    const isGrave = ({ severity, references }: ClassifiedChange) =>
      READ_AGAIN.has(severity) || references.some((id) => lost.has(id));
    const grave = changes.filter((change) => change.matchedBy === 'id' && isGrave(change));
    const doubted = new Map<ResourceType, Map<string, Set<string> | null>>();
    if (grave.length === 0) return doubted;
    const live = await this.transactions.read((tx) => this.changes.findLive(tx, tenantId));
    const known = new Set(live.map(({ identity }) => identity.toString('hex')));
    for (const change of grave) {
      if (known.has(identityOf(change))) continue;
      const objects = doubted.get(change.resourceType) ?? new Map<string, Set<string> | null>();
      const before = objects.get(change.resourceKey);
      const member = memberOf(change);
      objects.set(change.resourceKey, member === null || before === null ? null : new Set([...(before ?? []), member]));
      doubted.set(change.resourceType, objects);
    }
    return doubted;
  }
}

/** The member of the object in which a change lies; null where all of it came or went. */
function memberOf({ path }: ClassifiedChange): string | null {
  return path === '' ? null : (path.split('/')[1] ?? null);
}
