import type { StreamStatus } from '../stream/audit-streams.service.js';

/** A receiver that the trail is handed on to. */
export class AuditStreamDto {
  /** `syslog`, `https` or `stdout`. */
  name: string;
  /** Scheme, host and port; null for the service's own output. */
  receiver: string | null;
  /** The first place in the log that the receiver doesn't have. */
  nextLeaf: number;
  /** Records that are sealed and not delivered; null while the position isn't believed. */
  lag: number | null;
  /** Why the position isn't believed: nothing is delivered until the operator puts it back (`blindspotx audit stream rewind`). */
  fault: string | null;
  /** Deliveries that failed since the last that succeeded. */
  failures: number;
  /** Deliveries that failed, ever. */
  refusals: number;
  /** Records that were too long for the receiver and were delivered in their short form, ever. */
  shortened: number;
  failingSince: string | null;
  /** One sentence; nothing of the receiver's answer but its status. */
  lastError: string | null;

  static from({ failingSince, sealedPosition: _sealed, ahead: _ahead, lag, ...stream }: StreamStatus): AuditStreamDto {
    return {
      ...stream,
      lag: stream.fault === null ? lag : null,
      failingSince: failingSince?.toISOString() ?? null,
    };
  }
}

export class AuditStreamsDto {
  /** Those that the settings name, by name. */
  items: AuditStreamDto[];

  static from(streams: readonly StreamStatus[]): AuditStreamsDto {
    return { items: streams.map(AuditStreamDto.from) };
  }
}
