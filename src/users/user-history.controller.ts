import { Controller, Get, Param, Query } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { CurrentActor, RequirePermission } from '../access/access.decorators.js';
import type { CallerActor } from '../access/actor.js';
import { IdPipe } from '../kernel/ids/id.pipe.js';
import { PageQueryDto } from '../kernel/paging/page-query.dto.js';
import { UserHistoryPageDto, UserHistoryRecordDto } from './dto/user-history.dto.js';
import { UserHistory } from './user-history.service.js';

@ApiTags('users')
@Controller('users/:id/history')
export class UserHistoryController {
  constructor(private readonly history: UserHistory) {}

  /** Read what was done to a user, newest first; of a deleted one too */
  @Get()
  @RequirePermission('audit:read')
  async list(
    @CurrentActor() actor: CallerActor,
    @Param('id', IdPipe) id: string,
    @Query() query: PageQueryDto,
  ): Promise<UserHistoryPageDto> {
    const page = await this.history.list(actor, id, PageQueryDto.limitOf(query), query.cursor);
    return { items: page.items.map(UserHistoryRecordDto.from), nextCursor: page.nextCursor };
  }
}
