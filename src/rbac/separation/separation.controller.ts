import { Body, Controller, Delete, Get, Headers, HttpCode, Param, Patch, Post, Query, Res } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import type { FastifyReply } from 'fastify';
import { CurrentActor, RequirePermission } from '../../access/access.decorators.js';
import type { CallerActor } from '../../access/actor.js';
import { etagOf, versionFromIfMatch } from '../../kernel/etag/etag.js';
import { IdPipe } from '../../kernel/ids/id.pipe.js';
import { PageQueryDto } from '../../kernel/paging/page-query.dto.js';
import { CreateConstraintDto, UpdateConstraintDto } from './dto/change-constraint.dto.js';
import { ConstraintDto, ConstraintPageDto, WrittenConstraintDto } from './dto/constraint.dto.js';
import { ViolationDto, ViolationPageDto } from './dto/violation.dto.js';
import { SeparationService } from './separation.service.js';
import { SeparationConstraintsService } from './separation-constraints.service.js';

@ApiTags('rbac')
@Controller('rbac/constraints')
export class SeparationController {
  constructor(
    private readonly constraints: SeparationConstraintsService,
    private readonly separation: SeparationService,
  ) {}

  /** List what nobody may hold together */
  @Get()
  @RequirePermission('access:read')
  async list(@Query() query: PageQueryDto): Promise<ConstraintPageDto> {
    const page = await this.constraints.list(PageQueryDto.limitOf(query), query.cursor);
    return { items: page.items.map(ConstraintDto.from), nextCursor: page.nextCursor };
  }

  /** Say what nobody may hold together; the answer counts who does already */
  @Post()
  @RequirePermission('access:manage')
  async create(@CurrentActor() actor: CallerActor, @Body() body: CreateConstraintDto): Promise<WrittenConstraintDto> {
    return WrittenConstraintDto.of(await this.constraints.create(actor, CreateConstraintDto.toNewConstraint(body)));
  }

  /** Read one constraint */
  @Get(':id')
  @RequirePermission('access:read')
  async get(@Param('id', IdPipe) id: string, @Res({ passthrough: true }) reply: FastifyReply): Promise<ConstraintDto> {
    const constraint = await this.constraints.get(id);
    reply.header('ETag', etagOf(constraint.version));
    return ConstraintDto.from(constraint);
  }

  /** Change a constraint; the answer counts who violates it now */
  @Patch(':id')
  @RequirePermission('access:manage')
  async update(
    @CurrentActor() actor: CallerActor,
    @Param('id', IdPipe) id: string,
    @Headers('if-match') ifMatch: string | undefined,
    @Body() body: UpdateConstraintDto,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<WrittenConstraintDto> {
    const patch = UpdateConstraintDto.toPatch(body);
    const written = await this.constraints.update(actor, id, versionFromIfMatch(ifMatch), patch);
    reply.header('ETag', etagOf(written.constraint.version));
    return WrittenConstraintDto.of(written);
  }

  /** Delete a constraint */
  @Delete(':id')
  @RequirePermission('access:manage')
  @HttpCode(204)
  async remove(
    @CurrentActor() actor: CallerActor,
    @Param('id', IdPipe) id: string,
    @Headers('if-match') ifMatch: string | undefined,
  ): Promise<void> {
    await this.constraints.remove(actor, id, versionFromIfMatch(ifMatch));
  }

  /** List who violates a constraint now, and by what */
  @Get(':id/violations')
  @RequirePermission('access:read')
  async violations(@Param('id', IdPipe) id: string, @Query() query: PageQueryDto): Promise<ViolationPageDto> {
    const page = await this.separation.violations(id, PageQueryDto.limitOf(query), query.cursor);
    return { items: page.items.map(ViolationDto.from), nextCursor: page.nextCursor };
  }
}
