import { Readable } from 'node:stream';

/** How an export ended. */
export interface ExportEnd {
  /** Why it was broken off; null when everything was handed over. */
  failure: string | null;
}

export interface ExportStreamOptions {
  /** Told before the last piece is handed over. */
  finishing: () => Promise<void>;
  /** Told once, when it has ended in whichever way. */
  ended: (end: ExportEnd) => void;
  /** A client that takes nothing for so long has gone. */
  idleMs: number;
}

/**
 * The pieces as a stream that is read as fast as the client takes them, and no further. Whoever goes away in the middle ends the
 * work behind it.
 */
export function exportStream(
  pieces: AsyncGenerator<Buffer>,
  { finishing, ended, idleMs }: ExportStreamOptions,
): Readable {
  let whole = false;
  let idle: NodeJS.Timeout | undefined;
  const watched = async function* (): AsyncGenerator<Buffer> {
    // One piece is held back, so that the client has everything only when that is on record.
    let held: Buffer | undefined;
    for await (const piece of pieces) {
      clearTimeout(idle);
      if (held !== undefined) {
        idle = setTimeout(() => stream.destroy(new Error('the client takes nothing any more')), idleMs);
        idle.unref();
        yield held;
        clearTimeout(idle);
      }
      held = piece;
    }
    await finishing();
    whole = true;
    if (held !== undefined) yield held;
  };
  const stream = Readable.from(watched(), { objectMode: false, highWaterMark: 1 });
  let failure: string | null = null;
  stream.once('error', (error) => {
    failure = error.message;
  });
  stream.once('close', () => {
    clearTimeout(idle);
    // One that was never read has not begun, and its work is let go here.
    void pieces.return(undefined).catch(() => undefined);
    ended({ failure: whole ? null : (failure ?? 'the client went away') });
  });
  return stream;
}
