import type { SessionSummary } from '../auth.types.js';

/** One of one's own sessions. */
export class SessionDto {
  id: string;
  /** Whether this very call belongs to it. */
  current: boolean;
  sourceAddress: string | null;
  userAgent: string | null;
  createdAt: string;
  lastSeenAt: string;
  /** When it ends at the latest unless it is used. */
  expiresAt: string;

  static from(session: SessionSummary, currentId: string): SessionDto {
    const { id, sourceAddress, userAgent, createdAt, lastSeenAt, expiresAt } = session;
    return {
      id,
      current: id === currentId,
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

/** How many sessions were ended. */
export class EndedSessionsDto {
  ended: number;
}
