import { Inject, Injectable, type OnModuleDestroy } from '@nestjs/common';
import { Interval } from '@nestjs/schedule';
import { systemActor } from '../access/actor.js';
import { Settings } from '../config/settings.js';
import { type Transaction, TransactionRunner } from '../database/transaction-runner.js';
import type { SlotRun } from '../jobs/job-slot.types.js';
import { JobSlots } from '../jobs/job-slots.service.js';
import { SlotRuns } from '../jobs/slot-runs.js';
import { LOGGER, type Logger } from '../observability/logger.js';
import { KeyRewrapping } from './key-rewrapping.service.js';
import { KeySuccession } from './key-succession.service.js';
import { Rewrap } from './rewrap/rewrap.service.js';
import { UPKEEP_JOB, UPKEEP_KEY } from './upkeep-slot.js';

const SLOT_SECONDS = 3600;
const TICK_MS = 5000;
/** A run that was killed is taken over after so long, and goes on where it was. */
const LEASE_SECONDS = 15;

/**
 * Once an hour, and after each rotation, on one instance: keys that are due are rotated, wrapped again where the key-encryption key
 * changed, what lies under older ones is written again, and what nothing lies under is erased.
 */
@Injectable()
export class KeyUpkeepJob implements OnModuleDestroy {
  private readonly runs: SlotRuns;

  constructor(
    private readonly settings: Settings,
    private readonly slots: JobSlots,
    private readonly succession: KeySuccession,
    private readonly rewrapping: KeyRewrapping,
    private readonly rewrap: Rewrap,
    private readonly transactions: TransactionRunner,
    @Inject(LOGGER) private readonly logger: Logger,
  ) {
    this.runs = new SlotRuns(slots, logger, {
      job: UPKEEP_JOB,
      concurrent: 1,
      leaseSeconds: LEASE_SECONDS,
      what: 'upkeep of keys',
      run: (run) => this.run(run),
    });
  }

  @Interval('keys.upkeep.tick', TICK_MS)
  async onTick(): Promise<void> {
    if (this.settings.PROCESS_ROLE !== 'api') await this.look();
  }

  onModuleDestroy(): Promise<void> {
    return this.runs.stop();
  }

  /** One look at the schedule; returns before a run ends. */
  look(): Promise<void> {
    return this.runs.look(async () => {
      await this.slots.openDueSlots(UPKEEP_JOB, UPKEEP_KEY, SLOT_SECONDS);
      if (!(await this.succession.isUsedUp())) return;
      await this.transactions.run((tx) => this.slots.openManual(tx, UPKEEP_JOB, UPKEEP_KEY, systemActor(UPKEEP_JOB)));
    });
  }

  /** Resolves when the run of now, if there is one, has ended. */
  settled(): Promise<void> {
    return this.runs.settled();
  }

  private async run(run: SlotRun): Promise<void> {
    try {
      await this.slots.withLease(run, (lost) => this.keep(run, AbortSignal.any([lost, this.runs.signal])));
    } catch (error) {
      if (this.runs.signal.aborted) return this.slots.release(run);
      this.logger.error({ err: error }, 'the upkeep of keys failed; it is tried again');
      await this.transactions.run((tx) => this.slots.fail(tx, run, 'The log of the instance says why.', true));
    }
  }

  private async keep(run: SlotRun, signal: AbortSignal): Promise<void> {
    const actor = run.requestedBy ?? systemActor(UPKEEP_JOB);
    const assertMine = (tx: Transaction) => this.slots.assertFence(tx, run);
    const rotated = await this.succession.keepSchedule(actor, assertMine);
    for (const keys of rotated) this.logger.info({ ...keys }, 'a key was rotated');
    const { count } = await this.rewrapping.run(actor);
    const verify = run.trigger === 'manual' || rotated.length > 0;
    const isComplete = await this.rewrap.run({ actor, verify, assertMine, signal });
    await this.succession.retireUnused(actor, assertMine);
    await this.transactions.run((tx) =>
      this.slots.complete(tx, run, { rotated: rotated.map(({ kind }) => kind), wrapped: count, isComplete }),
    );
  }
}
