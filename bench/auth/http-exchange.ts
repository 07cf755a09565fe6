import { once } from 'node:events';
import { connect, type Socket } from 'node:net';

export interface ExchangeAnswer {
  status: number;
  body: string;
}

const HEAD_END = '\r\n\r\n';

/**
 * One connection of a load generator: a request, its answer, the next request. Made of a bare socket, because Node's own client
 * costs as much as a fast server, and it shares its core with PostgreSQL. Wants answers with a Content-Length.
 */
export class HttpExchange {
  private constructor(
    private readonly socket: Socket,
    private readonly head: string,
  ) {}

  /** @param url where every request of this connection goes, as a POST of a form */
  static async open(url: string): Promise<HttpExchange> {
    const { hostname, port, pathname, host } = new URL(url);
    const socket = connect({ host: hostname, port: Number(port), noDelay: true });
    socket.setEncoding('latin1');
    await once(socket, 'connect');
    const head = `POST ${pathname} HTTP/1.1\r\nHost: ${host}\r\nContent-Type: application/x-www-form-urlencoded\r\n`;
    return new HttpExchange(socket, head);
  }

  /** @throws Error when the connection breaks or the answer isn't understood */
  post(form: string): Promise<ExchangeAnswer> {
    return new Promise((done, failed) => {
      let received = '';
      const settle = (outcome: () => void) => {
        this.socket.off('data', read).off('close', closed).off('error', closed);
        outcome();
      };
      const closed = () => settle(() => failed(new Error('the connection was closed')));
      const read = (chunk: string) => {
        received += chunk;
        const end = received.indexOf(HEAD_END);
        if (end < 0) return;
        const length = /\r\ncontent-length: *(\d+)/i.exec(received.slice(0, end))?.[1];
        if (length === undefined) {
          settle(() => failed(new Error('an answer without Content-Length')));
          return;
        }
        const body = received.slice(end + HEAD_END.length);
        if (body.length >= Number(length)) settle(() => done({ status: Number(received.slice(9, 12)), body }));
      };
      this.socket.on('data', read).on('close', closed).on('error', closed);
      this.socket.write(`${this.head}Content-Length: ${form.length}\r\n\r\n${form}`);
    });
  }

  close(): void {
    this.socket.destroy();
  }
}
