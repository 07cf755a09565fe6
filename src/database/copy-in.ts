/** What is used of the driver's connection. */
interface DriverConnection {
  stream: { cork(): void; uncork(): void };
  query(text: string): void;
  sendCopyFromChunk(chunk: Buffer): void;
  endCopyFrom(): void;
}

/**
 * `COPY … FROM STDIN` in the form of the driver's queries, which knows the protocol of COPY and has no query for it. Statement and
 * data go out together: should PostgreSQL refuse the statement, it passes over the data ("COPY Operations" of its protocol).
 */
export class CopyIn {
  /** Set by the driver; called once. */
  callback: ((error: Error | null, result?: { rows: unknown[] }) => void) | undefined;

  constructor(
    private readonly text: string,
    private readonly data: Buffer,
  ) {}

  submit(connection: DriverConnection): void {
    connection.stream.cork();
    connection.query(this.text);
    connection.sendCopyFromChunk(this.data);
    connection.endCopyFrom();
    connection.stream.uncork();
  }

  handleError(error: Error): void {
    this.callback?.(error);
  }

  handleReadyForQuery(): void {
    this.callback?.(null, { rows: [] });
  }

  /** PostgreSQL waits for the data, which is on its way. */
  handleCopyInResponse(): void {}

  handleCommandComplete(): void {}
}
