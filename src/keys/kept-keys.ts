interface Kept {
  wrapped: Buffer;
  opened: unknown;
}

/** Keys that were opened at one reading. What lies there as it did then isn't opened again: the key vault is asked once for each. */
export class KeptKeys {
  private readonly kept = new Map<string, Kept>();

  constructor(private readonly before?: KeptKeys) {}

  /** @param name of the key, among all kinds */
  async openedOr<T>(name: string, wrapped: Buffer, open: () => Promise<T>): Promise<T> {
    const known = this.before?.kept.get(name);
    const opened = known?.wrapped.equals(wrapped) === true ? (known.opened as T) : await open();
    this.kept.set(name, { wrapped, opened });
    return opened;
  }

  /** For keeping: what was opened before that isn't needed any more. */
  forgetOlder(): KeptKeys {
    const kept = new KeptKeys();
    for (const [name, key] of this.kept) kept.kept.set(name, key);
    return kept;
  }
}
