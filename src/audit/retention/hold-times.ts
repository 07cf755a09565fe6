/** Half open. */
export interface HoldTimes {
  from: Date;
  to: Date;
}

/** What the service seals in the record of a hold that it places. */
export interface HoldCreationStates extends HoldTimes {
  /** Null in records from before they named it. */
  holdId: string | null;
}

/** @param states of a record; @returns null for those of any other record */
export function creationOf(states: string | null): HoldCreationStates | null {
  const after: unknown = states === null ? null : (JSON.parse(states) as { after: unknown }).after;
  const times = timesOf(after);
  if (times === null) return null;
  const { id, reason, releasedAt } = after as Partial<Record<string, unknown>>;
  // Periods stand in other records too, which somebody may copy.
  if (typeof reason !== 'string' || releasedAt !== null) return null;
  if (id !== undefined && typeof id !== 'string') return null;
  return { ...times, holdId: id ?? null };
}

export function timesOf(state: unknown): HoldTimes | null {
  if (typeof state !== 'object' || state === null) return null;
  const { from, to } = state as Partial<Record<string, unknown>>;
  if (typeof from !== 'string' || typeof to !== 'string') return null;
  const times = { from: new Date(from), to: new Date(to) };
  return Number.isNaN(+times.from) || Number.isNaN(+times.to) ? null : times;
}
