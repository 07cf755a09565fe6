import { Body, Controller, Delete, Get, Header, Param, Post, Query } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { CurrentActor, RequirePermission } from '../access/access.decorators.js';
import type { CallerActor } from '../access/actor.js';
import { DEAD_WITHIN_MS } from '../database/change-feed.service.js';
import { IdPipe } from '../kernel/ids/id.pipe.js';
import { PageQueryDto } from '../kernel/paging/page-query.dto.js';
import { CreateCredentialDto } from './dto/create-credential.dto.js';
import {
  CreatedCredentialDto,
  CredentialDto,
  CredentialPageDto,
  CredentialRevokedDto,
} from './dto/service-account-credential.dto.js';
import { ServiceAccountCredentials } from './service-account-credentials.service.js';

@ApiTags('service-accounts')
@Controller('service-accounts/:id/credentials')
export class ServiceAccountCredentialsController {
  constructor(private readonly credentials: ServiceAccountCredentials) {}

  /** List a service account's credentials, without what they prove themselves by */
  @Get()
  @RequirePermission('service-accounts:read')
  async list(@Param('id', IdPipe) id: string, @Query() query: PageQueryDto): Promise<CredentialPageDto> {
    const page = await this.credentials.list(id, PageQueryDto.limitOf(query), query.cursor);
    return { items: page.items.map(CredentialDto.from), nextCursor: page.nextCursor };
  }

  /** Give a service account a secret, shown this once, or a public key; needs every permission that it holds */
  @Post()
  @RequirePermission('service-accounts:manage')
  @Header('Cache-Control', 'no-store')
  async create(
    @CurrentActor() actor: CallerActor,
    @Param('id', IdPipe) id: string,
    @Body() body: CreateCredentialDto,
  ): Promise<CreatedCredentialDto> {
    const { account, credential, secret } = await this.credentials.create(
      actor,
      id,
      CreateCredentialDto.toNewCredential(body),
    );
    return { ...CredentialDto.from(credential), clientId: account.id, secret };
  }

  /** Revoke a credential, and with it every token of the service account; needs every permission that it holds */
  @Delete(':credentialId')
  @RequirePermission('service-accounts:manage')
  async revoke(
    @CurrentActor() actor: CallerActor,
    @Param('id', IdPipe) id: string,
    @Param('credentialId', IdPipe) credentialId: string,
  ): Promise<CredentialRevokedDto> {
    await this.credentials.revoke(actor, id, credentialId);
    return { deadWithinMs: DEAD_WITHIN_MS };
  }
}
