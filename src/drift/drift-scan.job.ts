import { Inject, Injectable, type OnModuleDestroy } from '@nestjs/common';
import { Interval } from '@nestjs/schedule';
import { Settings } from '../config/settings.js';
import { GraphClients } from '../entra/graph-clients.js';
import type { SlotRun } from '../jobs/job-slot.types.js';
import { JobSlots } from '../jobs/job-slots.service.js';
import { LOGGER, type Logger } from '../observability/logger.js';
import { TenantsService } from '../tenants/tenants.service.js';
import type { WatchedTenant } from '../tenants/tenants.types.js';
import { DriftScanService } from './drift-scan.service.js';
import { SCAN_JOB } from './scan-job.js';
import { ScanOutcomes } from './scan-outcomes.js';
import { ScanPlaces } from './scan-places.js';

const TICK_MS = 1000;
/** A run that is almost done may end before the process does. */
const GRACE_MS = 5000;
/** Short, so that another instance soon takes over the scan of one that crashed. */
const LEASE_SECONDS = 15;

class ShuttingDown extends Error {}

/** Opens the slots of every tenant's schedule as they become due and runs the scans, each tenant's by itself. */
@Injectable()
export class DriftScanJob implements OnModuleDestroy {
  private readonly running = new Set<Promise<void>>();
  private readonly places = new ScanPlaces();
  private readonly shutdown = new AbortController();
  private ticking = false;
  private stopping = false;

  constructor(
    private readonly settings: Settings,
    private readonly tenants: TenantsService,
    private readonly slots: JobSlots,
    private readonly scans: DriftScanService,
    private readonly outcomes: ScanOutcomes,
    private readonly graph: GraphClients,
    @Inject(LOGGER) private readonly logger: Logger,
  ) {}

  @Interval('drift.scan.tick', TICK_MS)
  async onTick(): Promise<void> {
    if (this.settings.PROCESS_ROLE !== 'api') await this.tick();
  }

  /** One look at the schedule: opens what became due and starts what waits. Returns before the scans end. */
  async tick(): Promise<void> {
    if (this.ticking || this.stopping) return;
    this.ticking = true;
    try {
      for (const tenant of await this.tenants.listScanned()) await this.openDueSlots(tenant);
      while (!this.stopping) {
        const run = await this.claim();
        if (run === null) break;
        if (this.stopping) await this.slots.release(run);
        else this.start(run);
      }
    } catch (error) {
      this.logger.warn({ err: error }, 'the schedule of scans could not be looked at; trying again');
    } finally {
      this.ticking = false;
    }
  }

  /** Resolves when the scans that run now have ended. */
  async settled(): Promise<void> {
    await Promise.all(this.running);
  }

  async onModuleDestroy(): Promise<void> {
    const late = setTimeout(() => this.shutdown.abort(new ShuttingDown('the process is stopping')), GRACE_MS);
    // Nothing new starts while the grace runs, not even by a look at the schedule that has begun.
    this.stopping = true;
    await this.settled();
    clearTimeout(late);
    this.shutdown.abort(new ShuttingDown('the process is stopping'));
  }

  /** One tenant whose schedule can't be looked at holds up no other. */
  private async openDueSlots(tenant: WatchedTenant): Promise<void> {
    try {
      await this.slots.openDueSlots(SCAN_JOB, tenant.id, tenant.scanIntervalSeconds);
    } catch (error) {
      this.logger.warn(
        { err: error, tenantId: tenant.id },
        'the schedule of a tenant could not be looked at; trying again',
      );
    }
  }

  private async claim(): Promise<SlotRun | null> {
    const except = this.places.except();
    if (except !== null) {
      const run = await this.slots.claim(SCAN_JOB, undefined, {
        leaseSeconds: LEASE_SECONDS,
        onLost: (tx, lost) => this.outcomes.lost(tx, lost),
        except,
      });
      if (run !== null || except.length === 0) return run;
    }
    if (await this.slots.isWaiting(SCAN_JOB)) this.places.makeRoom();
    return null;
  }

  private start(run: SlotRun): void {
    const work = this.run(run).catch((error: unknown) => {
      this.logger.error({ err: error, scanId: run.id }, 'the outcome of a scan could not be recorded');
    });
    const tracked = work.finally(() => this.running.delete(tracked));
    this.running.add(tracked);
  }

  private async run(run: SlotRun): Promise<void> {
    const startedAt = performance.now();
    let tenant: WatchedTenant | null = null;
    const place = this.places.take(run.key, () => tenant && this.graph.progressOf(tenant.entraTenantId));
    try {
      const watched = await this.tenants.get(run.key);
      tenant = watched;
      const recorded = await this.slots.withLease(run, (lease) =>
        this.scans.scan(watched, run, AbortSignal.any([lease, this.shutdown.signal]), place.enough),
      );
      this.outcomes.completed(run, recorded, (performance.now() - startedAt) / 1000);
    } catch (error) {
      if (error instanceof ShuttingDown) await this.slots.release(run);
      else await this.outcomes.failed(run, tenant, error);
    } finally {
      place.leave();
    }
  }
}
