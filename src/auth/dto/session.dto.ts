import { DEAD_WITHIN_MS } from '../../database/change-feed.service.js';
import type { SessionSummary } from '../auth.types.js';
import { describeDevice } from '../sessions/describe-device.js';

/** One session of a person. */
export class SessionDto {
  id: string;
  /** Whether this very call belongs to it. */
  current: boolean;
  /** OAuth client id: `blindspotx`, or the service account that exchanged a token of Entra ID. */
  client: string;
  /** Such as "Microsoft Edge on Windows"; null when the client doesn't say. */
  device: string | null;
  sourceAddress: string | null;
  userAgent: string | null;
  /** First seen. */
  createdAt: string;
  /** To the last refresh. */
  lastSeenAt: string;
  /** When it ends at the latest unless it is used. */
  expiresAt: string;

  /** @param currentId the session of this very call; null for a program */
  static from(session: SessionSummary, currentId: string | null): SessionDto {
    const { id, clientId, sourceAddress, userAgent, createdAt, lastSeenAt, expiresAt } = session;
    return {
      id,
      current: id === currentId,
      client: clientId,
      device: describeDevice(userAgent),
      sourceAddress,
      userAgent,
      createdAt: createdAt.toISOString(),
      lastSeenAt: lastSeenAt.toISOString(),
      expiresAt: expiresAt.toISOString(),
    };
  }
}

export class SessionPageDto {
  items: SessionDto[];
  nextCursor: string | null;
}

/** How many sessions were ended, and how soon. */
export class EndedSessionsDto {
  ended: number;
  /** After so many milliseconds every instance refuses them, access tokens included. */
  deadWithinMs: number;

  static of(ended: number): EndedSessionsDto {
    return { ended, deadWithinMs: DEAD_WITHIN_MS };
  }
}
