/** Nest on Fastify: one POST, no guard, no pipe, no interceptor; the same log line. */
import 'reflect-metadata';
import { Body, Controller, HttpCode, Module, Post } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify';
import { ANY_PORT, announce, LOOPBACK } from '../../auth/peers/peer-process.js';
import { logFastifyRequests } from '../../auth/peers/request-log.js';

@Controller('api/v1/bench')
class EmptyController {
  @Post('empty')
  @HttpCode(200)
  empty(@Body() _body: object): object {
    return { allowed: true, revision: 1 };
  }
}

@Module({ controllers: [EmptyController] })
class PeerModule {}

const adapter = new FastifyAdapter({ logger: false });
const app = await NestFactory.create<NestFastifyApplication>(PeerModule, adapter, { logger: false });
logFastifyRequests(adapter.getInstance());
await app.listen(ANY_PORT, LOOPBACK);
announce(Number(new URL(await app.getUrl()).port));
