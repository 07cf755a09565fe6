import { type JsonObject, textOf } from '../store/json.types.js';

/** The tenant's directory audit log, oldest first. Events become visible after `delayMs`, as they do at Microsoft. */
export class AuditLog {
  /** How long an event stays invisible to readers after its `activityDateTime`, in milliseconds. */
  delayMs = 0;
  private readonly events: JsonObject[] = [];

  constructor(private readonly now: () => Date) {}

  get size(): number {
    return this.events.length;
  }

  append(...events: JsonObject[]): void {
    this.events.push(...events);
  }

  /** The events that a reader sees now, newest first, as Graph lists them. */
  visible(): JsonObject[] {
    const until = new Date(this.now().getTime() - this.delayMs).toISOString();
    const seen =
      this.delayMs > 0 ? this.events.filter((event) => textOf(event, 'activityDateTime') <= until) : this.events;
    return seen.toSorted((a, b) => order(textOf(b, 'activityDateTime'), textOf(a, 'activityDateTime')));
  }

  clear(): void {
    this.events.length = 0;
  }
}

function order(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
