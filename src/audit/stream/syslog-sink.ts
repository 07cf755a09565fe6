import type { SealedRecord } from '../formats/audit-format.js';
import type { AuditSink, Delivered } from './audit-sink.js';
import { SyslogConnection, type SyslogPeer } from './syslog-connection.js';
import { type SyslogOptions, syslogFrame, syslogMessage } from './syslog-message.js';

/** Bytes of one connection; a message of its own may be longer. */
const MAX_BATCH_BYTES = 1024 * 1024;

export interface SyslogSinkOptions extends SyslogOptions, SyslogPeer {}

/**
 * Syslog over TLS (RFC 5425). The protocol has no acknowledgement, so each batch has a connection of its own: the receiver has to
 * answer our closing alert with its own (RFC 5425 4.4), and that it can do only after it has read everything before.
 */
export class SyslogSink implements AuditSink {
  readonly name = 'syslog';

  constructor(private readonly options: SyslogSinkOptions) {}

  async deliver(records: readonly SealedRecord[], signal: AbortSignal): Promise<Delivered> {
    const frames: Buffer[] = [];
    let bytes = 0;
    for (const record of records) {
      const frame = syslogFrame(syslogMessage(record, this.options));
      if (frames.length > 0 && bytes + frame.length > MAX_BATCH_BYTES) break;
      frames.push(frame);
      bytes += frame.length;
    }
    const connection = await SyslogConnection.open(this.options, signal);
    try {
      await connection.send(Buffer.concat(frames));
    } finally {
      connection.close();
    }
    return { count: frames.length, shortened: [] };
  }

  async close(): Promise<void> {
    // No connection outlives its batch.
  }
}
