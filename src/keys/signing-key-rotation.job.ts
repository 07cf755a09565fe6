import { Inject, Injectable } from '@nestjs/common';
import { Interval } from '@nestjs/schedule';
import { systemActor } from '../access/actor.js';
import { Settings } from '../config/settings.js';
import { TransactionRunner } from '../database/transaction-runner.js';
import type { SlotRun } from '../jobs/job-slot.types.js';
import { JobSlots } from '../jobs/job-slots.service.js';
import { LOGGER, type Logger } from '../observability/logger.js';
import { SigningKeyRotation } from './signing-key-rotation.service.js';

/** The job's name among the slots. */
const ROTATION_JOB = 'keys.rotation';
/** What it is about: there is one set of signing keys. */
const ROTATION_KEY = 'signing-keys';
const SLOT_SECONDS = 3600;
const TICK_MS = 30_000;

/** Once an hour, on one instance: signing keys that are old enough are rotated, and retired. */
@Injectable()
export class SigningKeyRotationJob {
  constructor(
    private readonly settings: Settings,
    private readonly slots: JobSlots,
    private readonly rotation: SigningKeyRotation,
    private readonly transactions: TransactionRunner,
    @Inject(LOGGER) private readonly logger: Logger,
  ) {}

  @Interval('keys.rotation.tick', TICK_MS)
  async onTick(): Promise<void> {
    if (this.settings.PROCESS_ROLE === 'api') return;
    try {
      await this.tick();
    } catch (error) {
      this.logger.warn({ err: error }, 'the schedule of signing keys could not be looked at; trying again');
    }
  }

  /** Opens the slot that became due and runs it, unless another instance does. */
  async tick(): Promise<void> {
    await this.slots.openDueSlots(ROTATION_JOB, ROTATION_KEY, SLOT_SECONDS);
    const run = await this.slots.claim(ROTATION_JOB, ROTATION_KEY);
    if (run !== null) await this.run(run);
  }

  private async run(run: SlotRun): Promise<void> {
    try {
      const rotated = await this.slots.withLease(run, () =>
        this.rotation.keepSchedule(systemActor(ROTATION_JOB), (tx) => this.slots.complete(tx, run)),
      );
      if (rotated !== null) this.logger.info({ ...rotated }, 'another key signs access tokens now');
    } catch (error) {
      this.logger.error({ err: error }, 'the signing keys could not be rotated; trying again');
      await this.transactions.run((tx) => this.slots.fail(tx, run, 'The log of the instance says why.', true));
    }
  }
}
