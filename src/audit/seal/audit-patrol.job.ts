import { Inject, Injectable, type OnApplicationBootstrap, type OnApplicationShutdown } from '@nestjs/common';
import { Settings } from '../../config/settings.js';
import { LOGGER, type Logger } from '../../observability/logger.js';
import { LogPatrol } from './log-patrol.service.js';

/** Between two looks at whether a round is due. */
const INTERVAL_MS = 1000;

/**
 * Walks along the log in every instance that works. By itself: sealing waits for no round, however long one takes, and rounds go on while
 * nothing can be sealed.
 */
@Injectable()
export class AuditPatrolJob implements OnApplicationBootstrap, OnApplicationShutdown {
  private timer: NodeJS.Timeout | undefined;
  private running: Promise<void> | undefined;
  private stopped = false;

  constructor(
    private readonly settings: Settings,
    private readonly patrol: LogPatrol,
    @Inject(LOGGER) private readonly logger: Logger,
  ) {}

  onApplicationBootstrap(): void {
    if (this.settings.PROCESS_ROLE !== 'api') this.schedule();
  }

  async onApplicationShutdown(): Promise<void> {
    this.stopped = true;
    clearTimeout(this.timer);
    await this.running;
  }

  private schedule(): void {
    if (this.stopped) return;
    this.timer = setTimeout(() => {
      this.running = this.tick();
    }, INTERVAL_MS);
    this.timer.unref();
  }

  private async tick(): Promise<void> {
    try {
      await this.patrol.runIfDue();
    } catch (error) {
      this.logger.error({ err: error }, 'the audit trail could not be looked through; trying again');
    }
    this.schedule();
  }
}
