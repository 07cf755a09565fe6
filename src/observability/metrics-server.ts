import { createServer, type Server } from 'node:http';
import { Inject, Injectable, type OnApplicationBootstrap, type OnApplicationShutdown } from '@nestjs/common';
import { register } from 'prom-client';
import { Settings } from '../config/settings.js';
import { LOGGER, type Logger } from './logger.js';

/** Serves /metrics, and only that, on METRICS_PORT when the operator asks for a port of its own. */
@Injectable()
export class MetricsServer implements OnApplicationBootstrap, OnApplicationShutdown {
  private server: Server | undefined;

  constructor(
    private readonly settings: Settings,
    @Inject(LOGGER) private readonly logger: Logger,
  ) {}

  async onApplicationBootstrap(): Promise<void> {
    const port = this.settings.METRICS_PORT;
    if (port === undefined) return;
    const server = createServer((request, response) => {
      if (request.method !== 'GET' || request.url?.split('?')[0] !== '/metrics') {
        response.writeHead(404).end();
        return;
      }
      register.metrics().then(
        (text) => response.writeHead(200, { 'content-type': register.contentType }).end(text),
        () => response.writeHead(500).end(),
      );
    });
    await new Promise<void>((listening, failed) => {
      server.once('error', failed);
      server.listen(port, this.settings.HOST ?? '127.0.0.1', listening);
    });
    this.server = server;
    this.logger.info({ address: server.address() }, 'metrics are served on a port of their own');
  }

  onApplicationShutdown(): Promise<void> {
    return new Promise((closed) => (this.server === undefined ? closed() : this.server.close(() => closed())));
  }
}
