import { Injectable } from '@nestjs/common';
import { KeyRing } from '../../crypto/key-ring.js';
import type { Transaction } from '../../database/transaction-runner.js';
import { openStates } from '../log/open-states.js';
import { AuditHoldsRepository } from './audit-holds.repository.js';
import { creationOf, type HoldTimes } from './hold-times.js';
import { LoggedRecords } from './logged-records.service.js';

/** Of one hold. The service wrote one; where somebody wrote so many more, nothing is proven. */
const MAX_RECORDS = 100;

/** What the trail proves of the placing of a hold. */
@Injectable()
export class HoldCreations {
  constructor(
    private readonly keys: KeyRing,
    private readonly holds: AuditHoldsRepository,
    private readonly logged: LoggedRecords,
  ) {}

  /**
   * The times that the service sealed in the record of this hold, which is in the log. A record from before records named their hold may be
   * another hold's that was copied, and sealed sooner than the right one: of such ones all together count, so that none makes it hold less.
   *
   * @returns null where nothing proves it
   */
  async provenTimes(tx: Transaction, id: string): Promise<HoldTimes | null> {
    const stored = await this.holds.findCreationRecords(tx, id, MAX_RECORDS + 1);
    if (stored.length > MAX_RECORDS) return null;
    const found = [];
    for (const one of stored) {
      const record = await openStates(this.keys, one);
      const creation = creationOf(record.states);
      if (creation !== null) found.push({ record, ...creation });
    }
    const named = found.filter(({ holdId }) => holdId === id);
    const believed = named.length > 0 ? named : found.filter(({ holdId }) => holdId === null);
    let isProven = false;
    for (const { record } of believed) isProven ||= await this.logged.isLogged(tx, record);
    if (!isProven) return null;
    return {
      from: new Date(Math.min(...believed.map(({ from }) => +from))),
      to: new Date(Math.max(...believed.map(({ to }) => +to))),
    };
  }
}
