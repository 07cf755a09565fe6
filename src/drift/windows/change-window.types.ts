/** When changes of a tenant are expected. Weekly where `days` names any, else once. */
export interface ChangeWindow {
  id: string;
  tenantId: string;
  /** What people call it: "Patch night". */
  name: string;
  /** IANA time zone in which `days` and `startMinute` are meant. */
  zone: string;
  /** Days on which it begins: 1 is Monday, 7 Sunday. */
  days: number[];
  /** Minutes after midnight. */
  startMinute: number | null;
  durationMinutes: number | null;
  startsAt: Date | null;
  endsAt: Date | null;
  /** Whether a change outside of every window is one level graver. */
  exclusive: boolean;
  reason: string;
  setById: string;
  setByName: string;
  /** A window says nothing of what was done before somebody set it. */
  setAt: Date;
  removedAt: Date | null;
}

export type NewChangeWindow = Omit<ChangeWindow, 'id' | 'setById' | 'setByName' | 'setAt' | 'removedAt'>;
