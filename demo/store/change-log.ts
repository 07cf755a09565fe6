/** One write of a directory object, as delta queries tell it. */
export interface Change {
  sequence: number;
  collection: string;
  id: string;
  deleted: boolean;
  /** For groups: who came or went, by object id. */
  memberChanges: { id: string; removed: boolean }[];
}

/** What changed since when: the source of Graph's delta queries. Tokens older than `oldest` are refused with 410. */
export class ChangeLog {
  private readonly changes: Change[] = [];
  private last = 0;
  private oldest = 0;

  get sequence(): number {
    return this.last;
  }

  record(collection: string, id: string, options: { deleted?: boolean; members?: Change['memberChanges'] } = {}): void {
    this.last += 1;
    this.changes.push({
      sequence: this.last,
      collection,
      id,
      deleted: options.deleted ?? false,
      memberChanges: options.members ?? [],
    });
  }

  since(sequence: number, collection: string): Change[] {
    return this.changes.filter((change) => change.sequence > sequence && change.collection === collection);
  }

  /** Makes every delta token handed out so far stale, as Graph does after seven days. */
  expireTokens(): void {
    this.last += 1;
    this.oldest = this.last;
  }

  isStale(sequence: number): boolean {
    return sequence < this.oldest;
  }
}
