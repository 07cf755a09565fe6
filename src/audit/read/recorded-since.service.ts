import { Injectable } from '@nestjs/common';
import type { Transaction } from '../../database/transaction-runner.js';
import type { AuditAction } from '../audit.types.js';
import { RecordedSinceRepository } from './recorded-since.repository.js';

/** Whether the trail went on, for who writes records that shouldn't be the only ones. */
@Injectable()
export class RecordedSince {
  constructor(private readonly events: RecordedSinceRepository) {}

  /**
   * Whether anything was recorded since then but records of this action whose target's name begins so.
   *
   * @param since of the database's clock
   */
  isOther(tx: Transaction, since: Date, action: AuditAction, targetName: string): Promise<boolean> {
    return this.events.isOther(tx, since, action, targetName);
  }
}
