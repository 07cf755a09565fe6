import { Controller, Delete, Get, HttpCode, Param, ParseUUIDPipe, Query } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { Authenticated, CurrentActor } from '../access/access.decorators.js';
import type { UserActor } from '../access/actor.js';
import { PageQueryDto } from '../kernel/paging/page-query.dto.js';
import { EndedSessionsDto, SessionDto, SessionPageDto } from './dto/session.dto.js';
import { SessionsService } from './sessions.service.js';

@ApiTags('sign-in')
@Controller('auth/sessions')
@Authenticated()
export class SessionsController {
  constructor(private readonly sessions: SessionsService) {}

  /** List one's own sessions */
  @Get()
  async list(@CurrentActor() actor: UserActor, @Query() query: PageQueryDto): Promise<SessionPageDto> {
    const page = await this.sessions.list(actor.id, PageQueryDto.limitOf(query), query.cursor);
    return {
      items: page.items.map((session) => SessionDto.from(session, actor.sessionId)),
      nextCursor: page.nextCursor,
    };
  }

  /** End one of one's own sessions */
  @Delete(':id')
  @HttpCode(204)
  async end(@CurrentActor() actor: UserActor, @Param('id', ParseUUIDPipe) id: string): Promise<void> {
    await this.sessions.endOwn(actor, id, 'ended_by_owner');
  }

  /** End all of one's own sessions but this one */
  @Delete()
  async endOthers(@CurrentActor() actor: UserActor): Promise<EndedSessionsDto> {
    return { ended: await this.sessions.endOthers(actor) };
  }
}
