import { Body, Controller, Delete, Get, Headers, HttpCode, Param, Post, Query, Res } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import type { FastifyReply } from 'fastify';
import { CurrentActor, RequirePermission } from '../../access/access.decorators.js';
import type { CallerActor } from '../../access/actor.js';
import { etagOf, versionFromIfMatch } from '../../kernel/etag/etag.js';
import { IdPipe } from '../../kernel/ids/id.pipe.js';
import { PageQueryDto } from '../../kernel/paging/page-query.dto.js';
import { AuditHolds } from './audit-holds.service.js';
import { AuditHoldDto, AuditHoldPageDto, CreateAuditHoldDto } from './dto/audit-hold.dto.js';
import { AuditRetentionDto } from './dto/audit-retention.dto.js';
import { PartitionStandings } from './partition-standings.service.js';

@ApiTags('audit')
@Controller('audit')
export class RetentionController {
  constructor(
    private readonly standings: PartitionStandings,
    private readonly holds: AuditHolds,
  ) {}

  /** See what is kept of the audit trail, what is due, and what keeps it */
  @Get('retention')
  @RequirePermission('audit:read')
  async retention(): Promise<AuditRetentionDto> {
    return AuditRetentionDto.from(this.standings.days, await this.standings.list());
  }

  /** List the legal holds over the audit trail, newest first */
  @Get('holds')
  @RequirePermission('audit:read')
  async list(@Query() query: PageQueryDto): Promise<AuditHoldPageDto> {
    const page = await this.holds.list(PageQueryDto.limitOf(query), query.cursor);
    return { items: page.items.map(AuditHoldDto.from), nextCursor: page.nextCursor };
  }

  /** Hold records of the audit trail, whatever their age */
  @Post('holds')
  @RequirePermission('audit:hold')
  async create(
    @CurrentActor() actor: CallerActor,
    @Body() body: CreateAuditHoldDto,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<AuditHoldDto> {
    const hold = await this.holds.create(actor, CreateAuditHoldDto.toHold(body));
    reply.header('ETag', etagOf(hold.version));
    return AuditHoldDto.from(hold);
  }

  /** Read one legal hold */
  @Get('holds/:id')
  @RequirePermission('audit:read')
  async get(@Param('id', IdPipe) id: string, @Res({ passthrough: true }) reply: FastifyReply): Promise<AuditHoldDto> {
    const hold = await this.holds.get(id);
    reply.header('ETag', etagOf(hold.version));
    return AuditHoldDto.from(hold);
  }

  /** Release a legal hold */
  @Delete('holds/:id')
  @HttpCode(204)
  @RequirePermission('audit:hold')
  async release(
    @CurrentActor() actor: CallerActor,
    @Param('id', IdPipe) id: string,
    @Headers('if-match') ifMatch: string | undefined,
  ): Promise<void> {
    await this.holds.release(actor, id, versionFromIfMatch(ifMatch));
  }
}
