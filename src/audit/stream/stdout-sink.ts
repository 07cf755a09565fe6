import type { AuditFormat, SealedRecord } from '../formats/audit-format.js';
import type { AuditSink, Delivered } from './audit-sink.js';

/** Writing blocks when whoever reads is slow: between so many records others have their turn. */
const RECORDS_AT_ONCE = 50;

/** Where whole lines go, in order; see logDestination. */
export interface LineDestination {
  write(line: string): void;
}

/** Records as lines between those of the log, one line each. */
export class StdoutSink implements AuditSink {
  readonly name = 'stdout';

  constructor(
    private readonly format: AuditFormat,
    private readonly destination: LineDestination,
  ) {}

  async deliver(records: readonly SealedRecord[]): Promise<Delivered> {
    const written = records.slice(0, RECORDS_AT_ONCE);
    for (const record of written) this.destination.write(`${this.format.line(record)}\n`);
    return { count: written.length, shortened: [] };
  }

  async close(): Promise<void> {
    // It is the log's, which goes on.
  }
}
