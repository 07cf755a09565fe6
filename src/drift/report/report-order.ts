/** What lies packed of a change: its id, and how many bytes its details have as they are stored. */
const ID_BYTES = 16;
const ENTRY_BYTES = ID_BYTES + 4;

/** Read and written at a time. */
const PAGE_CHANGES = 500;
const PAGE_BYTES = 4 * 1024 * 1024;

/**
 * Which changes a report has, the worst first, in 20 bytes each: it is made once, so that what scans write while the report is read
 * page by page leaves none out and tells none twice, and no connection is held while a client takes its time.
 */
export class ReportOrder {
  /** @param packed entries of ENTRY_BYTES, as the repository makes them */
  constructor(private readonly packed: Buffer) {}

  get count(): number {
    return this.packed.length / ENTRY_BYTES;
  }

  /** As many of the first as fit; one at least. */
  first(changes: number, bytes: number): ReportOrder {
    return new ReportOrder(this.packed.subarray(0, this.end(0, changes, bytes)));
  }

  /** The ids page by page, each so large that its changes can be held in memory. */
  *pages(): Generator<string[]> {
    for (let start = 0; start < this.packed.length; ) {
      const end = this.end(start, PAGE_CHANGES, PAGE_BYTES);
      const ids: string[] = [];
      for (let at = start; at < end; at += ENTRY_BYTES)
        ids.push(uuidOf(this.packed.toString('hex', at, at + ID_BYTES)));
      yield ids;
      start = end;
    }
  }

  private end(start: number, changes: number, bytes: number): number {
    let at = start;
    for (let held = 0; at < this.packed.length && at < start + changes * ENTRY_BYTES; at += ENTRY_BYTES) {
      held += this.packed.readUInt32BE(at + ID_BYTES);
      if (held > bytes && at > start) break;
    }
    return at;
  }
}

function uuidOf(hex: string): string {
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
}
