import { Injectable, type OnApplicationBootstrap } from '@nestjs/common';
import { systemActor } from '../../access/actor.js';
import { type Transaction, TransactionRunner } from '../../database/transaction-runner.js';
import { AuditService } from '../audit.service.js';
import { AuditHoldsRepository } from './audit-holds.repository.js';
import { AuditPartitionsRepository } from './audit-partitions.repository.js';
import { DropWatch } from './drop-watch.service.js';
import { HoldCreations } from './hold-creations.service.js';
import { RETENTION_ACTIONS } from './retention.events.js';
import { StandingHolds } from './standing-holds.service.js';

const ACTOR = systemActor('audit.retention');

/**
 * At the start: what is from before holds and drops were sealed is sealed. Only as the trail's own records prove it, so that it makes no
 * difference who stripped a row, or when: a hold comes out as standing, and whoever may releases it.
 */
@Injectable()
export class OlderRetention implements OnApplicationBootstrap {
  constructor(
    private readonly transactions: TransactionRunner,
    private readonly partitions: AuditPartitionsRepository,
    private readonly holds: AuditHoldsRepository,
    private readonly standing: StandingHolds,
    private readonly creations: HoldCreations,
    private readonly drops: DropWatch,
    private readonly audit: AuditService,
  ) {}

  async onApplicationBootstrap(): Promise<void> {
    await this.drops.adopt();
    await this.transactions.run(async (tx) => {
      await this.partitions.lockRetention(tx);
      for await (const { id, tenantId, sealedState } of this.holds.all(tx)) {
        if (sealedState === null) await this.seal(tx, id, tenantId);
      }
    });
  }

  private async seal(tx: Transaction, id: string, tenantId: string | null): Promise<void> {
    const times = await this.creations.provenTimes(tx, id);
    if (times === null) return;
    await this.holds.setSealedState(tx, id, await this.standing.seal(id, { ...times, isReleased: false }));
    await this.audit.record(tx, ACTOR, {
      action: RETENTION_ACTIONS['audit.hold.sealed'],
      tenantId,
      target: { type: 'audit-hold', id },
      outcome: 'success',
      after: { from: times.from.toISOString(), to: times.to.toISOString() },
    });
  }
}
