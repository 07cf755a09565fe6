import { type BeforeApplicationShutdown, Injectable, type OnModuleDestroy } from '@nestjs/common';
import { AuditSealJob } from '../audit/seal/audit-seal.job.js';
import { Settings } from '../config/settings.js';
import { JobQueue } from '../jobs/job-queue.service.js';
import { JobSlots } from '../jobs/job-slots.service.js';
import { DatabaseProbe } from './database-probe.repository.js';
import type { HealthDetailsDto } from './health.dto.js';

/** Probes that come faster get the same answer. */
const CACHE_MS = 1000;

/** Whether this process can serve, and how its work stands. */
@Injectable()
export class HealthService implements OnModuleDestroy, BeforeApplicationShutdown {
  private stopping = false;
  private probed: { at: number; ready: Promise<boolean> } | undefined;

  constructor(
    private readonly probe: DatabaseProbe,
    private readonly slots: JobSlots,
    private readonly queue: JobQueue,
    private readonly settings: Settings,
    private readonly sealing: AuditSealJob,
  ) {}

  onModuleDestroy(): void {
    this.stopping = true;
  }

  beforeApplicationShutdown(): void {
    this.stopping = true;
  }

  /** Ready: the database answers, has every migration, and the process isn't stopping. */
  async isReady(): Promise<boolean> {
    if (this.stopping) return false;
    if (this.probed === undefined || Date.now() - this.probed.at >= CACHE_MS) {
      this.probed = { at: Date.now(), ready: this.databaseIsReady() };
    }
    return this.probed.ready;
  }

  async details(): Promise<HealthDetailsDto> {
    const latencyMs = await this.probe.latencyMs();
    const [jobs, queue] =
      latencyMs === null ? [[], []] : await Promise.all([this.slots.overview(), this.queue.overview()]);
    const now = Date.now();
    const reason = this.sealing.refusal;
    return {
      status: (await this.isReady()) ? 'ok' : 'unavailable',
      uptimeSeconds: Math.round(process.uptime()),
      residentMemoryBytes: process.memoryUsage.rss(),
      role: this.settings.PROCESS_ROLE,
      database: {
        reachable: latencyMs !== null,
        latencyMs,
        migrationsPending: latencyMs === null || (await this.probe.migrationsPending()),
      },
      auditLog: { status: reason === null ? 'ok' : 'refused', reason },
      jobs: jobs.map(({ lastCompletedAt, ...job }) => ({
        ...job,
        lastCompletedAt: lastCompletedAt?.toISOString() ?? null,
        secondsSinceCompleted: lastCompletedAt === null ? null : Math.round((now - lastCompletedAt.getTime()) / 1000),
      })),
      queue: queue.map(({ oldestDueAt, ...task }) => ({ ...task, oldestDueAt: oldestDueAt?.toISOString() ?? null })),
    };
  }

  private async databaseIsReady(): Promise<boolean> {
    try {
      return (await this.probe.latencyMs()) !== null && !(await this.probe.migrationsPending());
    } catch {
      return false;
    }
  }
}
