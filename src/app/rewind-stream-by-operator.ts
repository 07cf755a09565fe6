import type { DataSource } from 'typeorm';
import { systemActor } from '../access/actor.js';
import { AuditStreams } from '../audit/stream/audit-streams.service.js';
import type { Settings } from '../config/settings.js';
import { withApplication } from './with-application.js';

/**
 * Puts a stream of the audit trail back; a running service goes on from there.
 *
 * @returns where it was
 * @throws DomainError audit.stream_unknown; audit.stream_not_back
 */
export function rewindStreamByOperator(
  settings: Settings,
  dataSource: DataSource,
  name: string,
  to: number,
): Promise<{ from: number }> {
  return withApplication(settings, dataSource, (app) =>
    app.get(AuditStreams, { strict: false }).rewind(systemActor('operator'), name, to),
  );
}
