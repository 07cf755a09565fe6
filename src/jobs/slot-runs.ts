import type { Logger } from '../observability/logger.js';
import type { SlotRun } from './job-slot.types.js';
import type { ClaimOptions, JobSlots } from './job-slots.service.js';

export interface SlotRunsOptions {
  /** The job's name among the slots. */
  job: string;
  /** Runs at once in one process. */
  concurrent: number;
  leaseSeconds: number;
  /** What runs, for the log: `directory passes`. */
  what: string;
  /** Runs that are almost done may end by themselves for so long when the process stops; none where it isn't said. */
  graceMs?: number;
  /** For a slot whose last allowed run died without a word. */
  onLost?: ClaimOptions['onLost'];
  /** One slot's work, whatever becomes of it: it records its end and releases the slot when `signal` was aborted. */
  run: (run: SlotRun) => Promise<void>;
}

/** The runs of one job in this process: claims what waits, a few at a time, and lets go of all of it when the process stops. */
export class SlotRuns {
  private readonly running = new Set<Promise<void>>();
  private readonly shutdown = new AbortController();
  private isLooking = false;
  private isStopping = false;

  constructor(
    private readonly slots: JobSlots,
    private readonly logger: Logger,
    private readonly options: SlotRunsOptions,
  ) {}

  /** Aborted when the process is stopping, after the grace. */
  get signal(): AbortSignal {
    return this.shutdown.signal;
  }

  /**
   * One look at the schedule: opens what became due and starts what waits. Returns before the runs end; does nothing while another
   * look is under way.
   */
  async look(openDue: () => Promise<void>): Promise<void> {
    if (this.isLooking || this.isStopping) return;
    this.isLooking = true;
    const { job, concurrent, leaseSeconds, onLost, what } = this.options;
    try {
      await openDue();
      while (this.running.size < concurrent && !this.isStopping) {
        const run = await this.slots.claim(job, undefined, { leaseSeconds, onLost });
        if (run === null) break;
        // Nobody waits for a run that would begin after `stop` has looked.
        if (this.isStopping) await this.slots.release(run);
        else this.start(run);
      }
    } catch (error) {
      this.logger.warn({ err: error }, `the schedule of ${what} could not be looked at; trying again`);
    } finally {
      this.isLooking = false;
    }
  }

  /** Resolves when the runs of now have ended. */
  async settled(): Promise<void> {
    await Promise.all(this.running);
  }

  async stop(): Promise<void> {
    this.isStopping = true;
    const abort = () => this.shutdown.abort(new Error('the process is stopping'));
    const { graceMs = 0 } = this.options;
    const late = graceMs === 0 ? abort() : setTimeout(abort, graceMs);
    await this.settled();
    if (late === undefined) return;
    clearTimeout(late);
    abort();
  }

  private start(run: SlotRun): void {
    const work = this.options.run(run).catch((error: unknown) => {
      this.logger.error(
        { err: error, slotId: run.id },
        `an outcome among the ${this.options.what} could not be recorded`,
      );
    });
    const tracked = work.finally(() => this.running.delete(tracked));
    this.running.add(tracked);
  }
}
