import type { Socket } from 'node:net';
import { Duplex } from 'node:stream';

/** RFC 8446 5.1, 5.2. */
const HEADER_BYTES = 5;
const ALERT = 21;
const APPLICATION_DATA = 23;
/** An alert of TLS 1.3 looks like data: two bytes, the type within, and the tag of the cipher. */
const SEALED_ALERT_BYTES = 2 + 1 + 16;

/**
 * A connection under TLS that knows what came last. TLS ends with an alert of its own, which only somebody sends who has read
 * all before it; but Node tells an end with it and an end without it alike. Of fatal alerts, which look the same, it makes errors.
 */
export class WatchedConnection extends Duplex {
  /** Bytes of the current record's header that are known. */
  private header = Buffer.alloc(0);
  private missing = 0;
  private hasAlertLast = false;

  constructor(private readonly socket: Socket) {
    super();
    socket.on('data', (chunk: Buffer) => {
      this.follow(chunk);
      if (!this.push(chunk)) socket.pause();
    });
    socket.on('end', () => this.push(null));
    socket.on('error', (error) => this.destroy(error));
    socket.on('close', () => this.destroy());
  }

  /** Whether the last that came, whole, was an alert. */
  get endedWithAlert(): boolean {
    return this.hasAlertLast && this.missing === 0 && this.header.length === 0;
  }

  override _read(): void {
    this.socket.resume();
  }

  override _write(chunk: Buffer, _encoding: BufferEncoding, done: (error?: Error | null) => void): void {
    this.socket.write(chunk, done);
  }

  override _final(done: () => void): void {
    this.socket.end(done);
  }

  override _destroy(error: Error | null, done: (error: Error | null) => void): void {
    this.socket.destroy();
    done(error);
  }

  private follow(chunk: Buffer): void {
    for (let at = 0; at < chunk.length; ) {
      if (this.missing > 0) {
        const taken = Math.min(this.missing, chunk.length - at);
        this.missing -= taken;
        at += taken;
        continue;
      }
      const part = chunk.subarray(at, at + HEADER_BYTES - this.header.length);
      this.header = Buffer.concat([this.header, part]);
      at += part.length;
      if (this.header.length < HEADER_BYTES) return;
      const type = this.header[0];
      this.missing = this.header.readUInt16BE(3);
      this.hasAlertLast = type === ALERT || (type === APPLICATION_DATA && this.missing === SEALED_ALERT_BYTES);
      this.header = Buffer.alloc(0);
    }
  }
}
