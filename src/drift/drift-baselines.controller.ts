import { Body, Controller, Get, Headers, HttpCode, Param, Post, Query, Res } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import type { FastifyReply } from 'fastify';
import { CurrentActor } from '../access/access.decorators.js';
import type { CallerActor } from '../access/actor.js';
import { kernelError } from '../kernel/errors/kernel.errors.js';
import { etagOf, versionFromIfMatch } from '../kernel/etag/etag.js';
import { IdPipe } from '../kernel/ids/id.pipe.js';
import { PageQueryDto } from '../kernel/paging/page-query.dto.js';
import { BaselineService } from './baseline/baseline.service.js';
import { BaselineChanges } from './baseline/baseline-changes.service.js';
import { BaselinePreview } from './baseline-preview.js';
import { ApproveBaselineDto, ApproveChangesDto, PreviewBaselineDto } from './dto/approve-baseline.dto.js';
import { BaselineDto, BaselinePageDto, BaselinePreviewDto } from './dto/baseline.dto.js';
import { BaselineInForceQueryDto } from './dto/baseline-in-force-query.dto.js';
import { TenantPageQueryDto } from './dto/tenant-page-query.dto.js';
import { DriftAccess, InReach } from './tenant-access/drift-access.decorator.js';
import { byId, inBody, inQuery, type TenantsInReach, tenantsAsked } from './tenant-access/subject.types.js';

@ApiTags('drift')
@Controller('drift/baselines')
export class DriftBaselinesController {
  constructor(
    private readonly baselines: BaselineService,
    private readonly changes: BaselineChanges,
    private readonly previews: BaselinePreview,
  ) {}

  /** List baselines, newest first */
  @Get()
  @DriftAccess('drift:read', inQuery('tenant', 'tenant'))
  async list(@Query() query: TenantPageQueryDto, @InReach() inReach: TenantsInReach): Promise<BaselinePageDto> {
    const page = await this.baselines.list(
      tenantsAsked(query.tenant, inReach),
      PageQueryDto.limitOf(query),
      query.cursor,
    );
    return { items: page.items.map(BaselineDto.from), nextCursor: page.nextCursor };
  }

  /** Read the baseline of a tenant that is in force; its ETag is what an approval names */
  @Get('current')
  @DriftAccess('drift:read', inQuery('tenant', 'tenant'))
  async inForce(
    @Query() { tenant }: BaselineInForceQueryDto,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<BaselineDto> {
    return tagged(BaselineDto.from(await this.baselines.inForce(tenant)), reply);
  }

  /** Read one version of a baseline */
  @Get(':id')
  @DriftAccess('drift:read', byId('baseline'))
  async get(@Param('id', IdPipe) id: string): Promise<BaselineDto> {
    return BaselineDto.from(await this.baselines.get(id));
  }

  /** Approve a snapshot as the baseline; where there is one, If-Match names the version that it replaces */
  @Post()
  @DriftAccess('baseline:approve', inBody('snapshot', 'snapshotId'))
  async approve(
    @CurrentActor() actor: CallerActor,
    @Headers('if-match') ifMatch: string | undefined,
    @Body() body: ApproveBaselineDto,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<BaselineDto> {
    const { snapshotId, reason, acceptIncomplete = false } = body;
    const seen = ifMatch === undefined ? null : versionFromIfMatch(ifMatch);
    return tagged(
      BaselineDto.from(await this.baselines.approve(actor, { snapshotId, reason, acceptIncomplete }, seen)),
      reply,
    );
  }

  /** Take single changes into the baseline: the next version is the one in force with these values */
  @Post('changes')
  @DriftAccess('baseline:approve', inBody('change', 'changeIds'))
  async approveChanges(
    @CurrentActor() actor: CallerActor,
    @Headers('if-match') ifMatch: string | undefined,
    @Body() { changeIds, reason }: ApproveChangesDto,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<BaselineDto> {
    const seen = versionFromIfMatch(ifMatch);
    return tagged(BaselineDto.from(await this.changes.approve(actor, { changeIds, reason }, seen)), reply);
  }

  /** Say what an approval would close and open, without doing it; of a snapshot for those who may export it */
  @Post('preview')
  @HttpCode(200)
  @DriftAccess('drift:read', inBody('snapshot', 'snapshotId'), inBody('change', 'changeIds'))
  async preview(
    @CurrentActor() actor: CallerActor,
    @Body() { snapshotId, changeIds }: PreviewBaselineDto,
  ): Promise<BaselinePreviewDto> {
    if ((snapshotId === undefined) === (changeIds === undefined)) {
      throw kernelError('request.invalid', { detail: 'Name a snapshot or changes, one of the two.' });
    }
    if (changeIds !== undefined) return BaselinePreviewDto.ofChanges(await this.changes.preview(changeIds));
    return BaselinePreviewDto.from(await this.previews.ofSnapshot(actor, snapshotId ?? ''));
  }
}

function tagged(baseline: BaselineDto, reply: FastifyReply): BaselineDto {
  reply.header('ETag', etagOf(baseline.version));
  return baseline;
}
