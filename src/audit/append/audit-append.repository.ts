import { Injectable } from '@nestjs/common';
import { BinaryRows } from '../../database/binary-rows.js';
import { PreparedStatements, runCopy, runPrepared } from '../../database/prepared-statements.js';
import type { Transaction } from '../../database/transaction-runner.js';
import type { AuditAction, AuditOutcome } from '../audit.types.js';
import type { AuditRow } from '../log/canonical-record.js';
import type { RetentionClass } from './retention-class.js';

/** A record before the database gave it its time; its states are sealed. */
export interface NewAuditRow extends Omit<AuditRow, 'occurredAt' | 'states'> {
  action: AuditAction;
  outcome: AuditOutcome;
  retentionClass: RetentionClass;
  sealedStates: Buffer | null;
}

const COLUMNS: readonly (readonly [keyof NewAuditRow, string, 'uuid' | 'text' | 'bytea'])[] = [
  ['id', 'id', 'uuid'],
  ['retentionClass', 'retention_class', 'text'],
  ['action', 'action', 'text'],
  ['outcome', 'outcome', 'text'],
  ['reason', 'reason', 'text'],
  ['actorType', 'actor_type', 'text'],
  ['actorId', 'actor_id', 'text'],
  ['actorName', 'actor_name', 'text'],
  ['sessionId', 'session_id', 'uuid'],
  ['tenantId', 'tenant_id', 'uuid'],
  ['targetType', 'target_type', 'text'],
  ['targetId', 'target_id', 'text'],
  ['targetName', 'target_name', 'text'],
  ['sourceAddress', 'source_address', 'text'],
  ['userAgent', 'user_agent', 'text'],
  ['requestId', 'request_id', 'text'],
  ['traceId', 'trace_id', 'text'],
  ['sealedStates', 'sealed_states', 'bytea'],
];
const NAMES = COLUMNS.map(([, name]) => name).join(', ');
const ONE = {
  name: 'audit_append_one',
  text: `INSERT INTO audit_events (${NAMES}) VALUES (${COLUMNS.map((_column, index) => `$${index + 1}`).join(', ')})`,
};
const MANY = `COPY audit_events (${NAMES}) FROM STDIN (FORMAT binary)`;
/** Of a row as most are; the buffer grows. */
const EXPECTED_BYTES = 512;

/** Appends to the table audit_events; there is no other way to write to it. */
@Injectable()
export class AuditAppendRepository {
  constructor(private readonly statements: PreparedStatements) {}

  /** In the transaction of the change that the record tells of. */
  async insert(tx: Transaction, row: NewAuditRow): Promise<void> {
    await runPrepared(tx, ONE, valuesOf(row));
  }

  /** The same for many, in one statement. */
  async insertMany(tx: Transaction, rows: readonly NewAuditRow[]): Promise<void> {
    await runCopy(tx, MANY, binaryRows(rows));
  }

  /** One statement and one commit for all of them. */
  async insertAll(rows: readonly NewAuditRow[]): Promise<void> {
    const [only] = rows;
    // Of a prepared statement PostgreSQL remembers the plan; COPY begins anew each time.
    if (rows.length === 1 && only !== undefined) await this.statements.run(ONE, valuesOf(only));
    else await this.statements.copy(MANY, binaryRows(rows));
  }
}

function valuesOf(row: NewAuditRow): unknown[] {
  return COLUMNS.map(([member]) => row[member]);
}

function binaryRows(rows: readonly NewAuditRow[]): Buffer {
  const copied = new BinaryRows(COLUMNS.length, rows.length * EXPECTED_BYTES);
  for (const row of rows) {
    copied.row();
    for (const [member, , type] of COLUMNS) {
      const value = row[member];
      if (type === 'bytea') copied.binary(value as Buffer | null);
      else copied[type](value as string | null);
    }
  }
  return copied.finish();
}
