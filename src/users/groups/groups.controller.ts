import { Body, Controller, Delete, Get, HttpCode, Param, Post, Query } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { CurrentActor, RequirePermission } from '../../access/access.decorators.js';
import type { CallerActor } from '../../access/actor.js';
import { IdPipe } from '../../kernel/ids/id.pipe.js';
import { PageQueryDto } from '../../kernel/paging/page-query.dto.js';
import {
  ChooseGroupDto,
  GroupDto,
  GroupMemberDto,
  GroupMemberPageDto,
  GroupPageDto,
  GroupQueryDto,
} from './dto/group.dto.js';
import { GroupsService } from './groups.service.js';

@ApiTags('groups')
@Controller('groups')
export class GroupsController {
  constructor(private readonly groups: GroupsService) {}

  /** List the groups that roles can be assigned to */
  @Get()
  @RequirePermission('groups:read')
  async list(@Query() query: GroupQueryDto): Promise<GroupPageDto> {
    const page = await this.groups.list(query.tenant ?? null, PageQueryDto.limitOf(query), query.cursor);
    return { items: page.items.map(GroupDto.from), nextCursor: page.nextCursor };
  }

  /** Read one group */
  @Get(':id')
  @RequirePermission('groups:read')
  async get(@Param('id', IdPipe) id: string): Promise<GroupDto> {
    return GroupDto.from(await this.groups.get(id));
  }

  /** List the members of a group */
  @Get(':id/members')
  @RequirePermission('groups:read')
  async members(@Param('id', IdPipe) id: string, @Query() query: PageQueryDto): Promise<GroupMemberPageDto> {
    const page = await this.groups.members(id, PageQueryDto.limitOf(query), query.cursor);
    return { items: page.items.map(GroupMemberDto.from), nextCursor: page.nextCursor };
  }

  /** Choose a group of Entra ID, with its members */
  @Post()
  @RequirePermission('groups:manage')
  async choose(@CurrentActor() actor: CallerActor, @Body() body: ChooseGroupDto): Promise<GroupDto> {
    return GroupDto.from(await this.groups.choose(actor, body.tenant, body.objectId));
  }

  /** Let go of a group that no role is assigned to */
  @Delete(':id')
  @HttpCode(204)
  @RequirePermission('groups:manage')
  async letGo(@CurrentActor() actor: CallerActor, @Param('id', IdPipe) id: string): Promise<void> {
    await this.groups.letGo(actor, id);
  }

  /** Ask Entra ID now who is in the group */
  @Post(':id/sync')
  @HttpCode(200)
  @RequirePermission('groups:manage')
  async sync(@CurrentActor() actor: CallerActor, @Param('id', IdPipe) id: string): Promise<GroupDto> {
    return GroupDto.from(await this.groups.sync(actor, id));
  }
}
