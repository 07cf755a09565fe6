const FIRST_CAPACITY = 1024;
/** The end of a holder's list. */
export const NONE = -1;

/** Whoever has assignments, as the store sees them. */
export interface Holder {
  readonly number: number;
  /** Slot of the first assignment, or NONE. */
  first: number;
}

export interface StoredAssignment {
  role: number;
  scope: number;
  deny: boolean;
  /** Unix milliseconds, like the end, which is Infinity for none. */
  from: number;
  until: number;
}

/**
 * Assignments by the million: a column a property, some 40 bytes a row besides its id. Those of one holder are a list, linked by
 * `next`.
 */
export class AssignmentStore {
  role = new Int32Array(FIRST_CAPACITY);
  scope = new Int32Array(FIRST_CAPACITY);
  next = new Int32Array(FIRST_CAPACITY);
  deny = new Uint8Array(FIRST_CAPACITY);
  from = new Float64Array(FIRST_CAPACITY);
  until = new Float64Array(FIRST_CAPACITY);
  /** The holder's number; NONE in a slot that is free. */
  holder = new Int32Array(FIRST_CAPACITY).fill(NONE);
  /** Slots from here on were never used. */
  end = 0;
  private readonly slots = new Map<string, number>();
  private readonly freed: number[] = [];

  get size(): number {
    return this.slots.size;
  }

  slotOf(id: string): number | undefined {
    return this.slots.get(id);
  }

  add(id: string, holder: Holder, assignment: StoredAssignment): void {
    const slot = this.freed.pop() ?? this.end++;
    if (slot === this.role.length) this.grow();
    this.slots.set(id, slot);
    this.role[slot] = assignment.role;
    this.scope[slot] = assignment.scope;
    this.deny[slot] = assignment.deny ? 1 : 0;
    this.from[slot] = assignment.from;
    this.until[slot] = assignment.until;
    this.holder[slot] = holder.number;
    this.next[slot] = holder.first;
    holder.first = slot;
  }

  /** Takes an assignment out of its holder's list. */
  remove(id: string, slot: number, holder: Holder): void {
    const following = this.next[slot] ?? NONE;
    if (holder.first === slot) holder.first = following;
    else {
      let before = holder.first;
      while (before !== NONE && this.next[before] !== slot) before = this.next[before] ?? NONE;
      if (before !== NONE) this.next[before] = following;
    }
    this.holder[slot] = NONE;
    this.slots.delete(id);
    this.freed.push(slot);
  }

  private grow(): void {
    const capacity = this.role.length * 2;
    const longer = <T extends Int32Array | Uint8Array | Float64Array>(column: T, grown: T): T => {
      grown.set(column);
      return grown;
    };
    this.role = longer(this.role, new Int32Array(capacity));
    this.scope = longer(this.scope, new Int32Array(capacity));
    this.next = longer(this.next, new Int32Array(capacity));
    this.deny = longer(this.deny, new Uint8Array(capacity));
    this.from = longer(this.from, new Float64Array(capacity));
    this.until = longer(this.until, new Float64Array(capacity));
    this.holder = longer(this.holder, new Int32Array(capacity).fill(NONE));
  }
}
