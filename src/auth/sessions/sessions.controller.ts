import { Controller, Delete, Get, Param, Query } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { Authenticated, CurrentActor } from '../../access/access.decorators.js';
import type { CallerActor } from '../../access/actor.js';
import { IdPipe } from '../../kernel/ids/id.pipe.js';
import { PageQueryDto } from '../../kernel/paging/page-query.dto.js';
import { EndedSessionsDto, SessionDto, SessionPageDto } from '../dto/session.dto.js';
import { SessionsService } from './sessions.service.js';

@ApiTags('sign-in')
@Controller('auth/sessions')
@Authenticated()
export class SessionsController {
  constructor(private readonly sessions: SessionsService) {}

  /** List one's own sessions */
  @Get()
  async list(@CurrentActor() actor: CallerActor, @Query() query: PageQueryDto): Promise<SessionPageDto> {
    const page = await this.sessions.list(actor.id, PageQueryDto.limitOf(query), query.cursor);
    const current = actor.type === 'user' ? actor.sessionId : null;
    return { items: page.items.map((session) => SessionDto.from(session, current)), nextCursor: page.nextCursor };
  }

  /** End one of one's own sessions */
  @Delete(':id')
  async end(@CurrentActor() actor: CallerActor, @Param('id', IdPipe) id: string): Promise<EndedSessionsDto> {
    await this.sessions.endOwn(actor, id, 'ended_by_owner');
    return EndedSessionsDto.of(1);
  }

  /** End all of one's own sessions but this one */
  @Delete()
  async endOthers(@CurrentActor() actor: CallerActor): Promise<EndedSessionsDto> {
    return EndedSessionsDto.of(await this.sessions.endOthers(actor));
  }
}
