import { Body, Controller, Get, Headers, HttpCode, Post, Res } from '@nestjs/common';
import { RouteConfig } from '@nestjs/platform-fastify';
import { ApiTags } from '@nestjs/swagger';
import type { FastifyReply } from 'fastify';
import { CurrentActor, RequirePermission } from '../../access/access.decorators.js';
import type { CallerActor } from '../../access/actor.js';
import { ReadsOnly } from '../../access/reads-only.decorator.js';
import type { BodyConfig } from '../../kernel/http/media-types.js';
import { AccessDocumentService } from './access-document.service.js';
import { ClientSignal } from './client-signal.decorator.js';
import {
  AccessPlanDto,
  AppliedDocumentDto,
  ApplyDocumentDto,
  PlanDocumentDto,
  PlannedChangeDto,
} from './dto/document.dto.js';
import { documentContent, writeDocument } from './write-document.js';

/** A document of 1 MiB in a JSON body, where each line break and quote takes two bytes. */
const MAX_BODY_BYTES = 2_228_224;
const DOCUMENT: BodyConfig = { bodyLimit: MAX_BODY_BYTES, mediaTypes: ['application/json', 'application/yaml'] };

@ApiTags('rbac')
@Controller('rbac/document')
export class AccessDocumentController {
  constructor(private readonly documents: AccessDocumentService) {}

  /** Show roles, constraints and mappings as one document, YAML or JSON */
  @Get()
  @RequirePermission('access:read')
  async export(
    @Headers('accept') accept: string | undefined,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<string> {
    const document = await this.documents.export();
    const isJson = accept?.includes('application/json') === true && !accept.includes('yaml');
    reply.header('vary', 'accept').type(isJson ? 'application/json' : 'application/yaml');
    return isJson ? JSON.stringify(documentContent(document)) : writeDocument(document);
  }

  /** Show what applying a document would change, and whose access */
  @Post('plan')
  @RequirePermission('access:manage')
  @ReadsOnly()
  @HttpCode(200)
  @RouteConfig(DOCUMENT)
  async plan(
    @CurrentActor() actor: CallerActor,
    @ClientSignal() client: AbortSignal,
    @Body() body: PlanDocumentDto,
  ): Promise<AccessPlanDto> {
    return AccessPlanDto.from(await this.documents.plan(actor, body.document, client));
  }

  /** Apply a document as its plan said */
  @Post('apply')
  @RequirePermission('access:manage')
  @HttpCode(200)
  @RouteConfig(DOCUMENT)
  async apply(
    @CurrentActor() actor: CallerActor,
    @ClientSignal() client: AbortSignal,
    @Body() body: ApplyDocumentDto,
  ): Promise<AppliedDocumentDto> {
    const changes = await this.documents.apply(actor, body.document, body.revision, client);
    return { changes: changes.map(PlannedChangeDto.from) };
  }
}
