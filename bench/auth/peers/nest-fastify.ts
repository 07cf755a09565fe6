/** Nest on Fastify: one route, no guard, no pipe, no interceptor. What our stack adds is measured against it. */
import 'reflect-metadata';
import { Controller, Get, Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify';
import { ANY_PORT, announce, LOOPBACK, peerSettings } from './peer-process.js';
import { logFastifyRequests } from './request-log.js';

const { body } = peerSettings<{ body: unknown }>();

@Controller('api/v1/rbac')
class PermissionsController {
  @Get('permissions')
  permissions(): unknown {
    return body;
  }
}

@Module({ controllers: [PermissionsController] })
class PeerModule {}

const adapter = new FastifyAdapter({ logger: false });
const app = await NestFactory.create<NestFastifyApplication>(PeerModule, adapter, { logger: false });
logFastifyRequests(adapter.getInstance());
await app.listen(ANY_PORT, LOOPBACK);
announce(Number(new URL(await app.getUrl()).port));
