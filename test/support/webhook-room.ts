import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { ScheduleModule } from '@nestjs/schedule';
import { Test, type TestingModule } from '@nestjs/testing';
import { AccessModule } from '../../src/access/access.module.js';
import { ConfigModule } from '../../src/config/config.module.js';
import { Settings } from '../../src/config/settings.js';
import { DatabaseModule } from '../../src/database/database.module.js';
import { KeysModule } from '../../src/keys/keys.module.js';
import { NotificationsModule } from '../../src/notifications/notifications.module.js';
import type { NewEndpoint } from '../../src/notifications/webhook-endpoints.service.js';
import { createLogger } from '../../src/observability/logger.js';
import { ObservabilityModule } from '../../src/observability/observability.module.js';
import { callerReachModule } from './key-ring-module.js';
import type { TestDatabase } from './test-database.js';

export const WEBHOOK_MASTER_KEY = Buffer.alloc(32, 'k').toString('base64');

/** Everything, and the rest once a day. */
export const WANTS_ALL: Omit<NewEndpoint, 'url' | 'description'> = {
  eventTypes: [],
  minSeverity: 'low',
  tenantId: null,
  tenantIds: [],
  resourceTypes: [],
  controls: [],
  digestIntervalSeconds: 86_400,
};

/**
 * The room of notifications as the service composes it, on a real database. With the role `api` its queue doesn't run: what it would
 * call is called by hand, so that no test waits for time to pass.
 */
export async function startWebhookRoom(database: TestDatabase, role: Settings['PROCESS_ROLE']): Promise<TestingModule> {
  const settings = Object.assign(new Settings(), {
    PROCESS_ROLE: role,
    DATABASE_URL: database.url,
    MASTER_KEY: WEBHOOK_MASTER_KEY,
    WEBHOOK_ALLOW_PRIVATE_ADDRESSES: true,
  });
  const room = await Test.createTestingModule({
    imports: [
      ConfigModule.with(settings),
      ObservabilityModule.with(createLogger('silent')),
      AccessModule,
      DatabaseModule.with(database.dataSource),
      ScheduleModule.forRoot(),
      KeysModule,
      callerReachModule,
      NotificationsModule,
    ],
  }).compile();
  return room.init();
}

export interface ReceivedWebhook {
  path: string;
  headers: Record<string, string>;
  body: string;
}

/** A receiver of webhooks that keeps what it gets. */
export class TestReceiver {
  readonly received: ReceivedWebhook[] = [];
  answer: (request: IncomingMessage, response: ServerResponse) => void = (_request, response) =>
    response.writeHead(204).end();
  private readonly server: Server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const body = Buffer.concat(chunks).toString('utf8');
      this.received.push({ path: request.url ?? '', headers: request.headers as Record<string, string>, body });
      this.answer(request, response);
    });
  });

  static async start(): Promise<TestReceiver> {
    const receiver = new TestReceiver();
    await new Promise<void>((listening) => receiver.server.listen(0, '127.0.0.1', listening));
    return receiver;
  }

  get origin(): string {
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  /** What arrived at a path, as `webhook-id`. */
  idsAt(path: string): string[] {
    return this.received.filter((one) => one.path === path).map(({ headers }) => headers['webhook-id'] ?? '');
  }

  async close(): Promise<void> {
    this.server.closeAllConnections();
    await new Promise((closed) => this.server.close(closed));
  }
}
