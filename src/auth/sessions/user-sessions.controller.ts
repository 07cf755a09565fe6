import { Controller, Delete, Get, Param, Query } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { CurrentActor, RequirePermission } from '../../access/access.decorators.js';
import type { CallerActor } from '../../access/actor.js';
import { IdPipe } from '../../kernel/ids/id.pipe.js';
import { PageQueryDto } from '../../kernel/paging/page-query.dto.js';
import { EndedSessionsDto, SessionDto, SessionPageDto } from '../dto/session.dto.js';
import { UserSessions } from './user-sessions.service.js';

@ApiTags('users')
@Controller('users/:id/sessions')
export class UserSessionsController {
  constructor(private readonly sessions: UserSessions) {}

  /** List a user's sessions */
  @Get()
  @RequirePermission('users:read')
  async list(
    @CurrentActor() actor: CallerActor,
    @Param('id', IdPipe) id: string,
    @Query() query: PageQueryDto,
  ): Promise<SessionPageDto> {
    const page = await this.sessions.list(id, PageQueryDto.limitOf(query), query.cursor);
    const current = actor.type === 'user' ? actor.sessionId : null;
    return { items: page.items.map((session) => SessionDto.from(session, current)), nextCursor: page.nextCursor };
  }

  /** End all that a user has here: sessions, and tokens of Entra ID that were issued so far */
  @Delete()
  @RequirePermission('sessions:revoke')
  async endAll(@CurrentActor() actor: CallerActor, @Param('id', IdPipe) id: string): Promise<EndedSessionsDto> {
    return EndedSessionsDto.of(await this.sessions.endAll(actor, id));
  }

  /** End one of a user's sessions */
  @Delete(':sessionId')
  @RequirePermission('sessions:revoke')
  async end(
    @CurrentActor() actor: CallerActor,
    @Param('id', IdPipe) id: string,
    @Param('sessionId', IdPipe) sessionId: string,
  ): Promise<EndedSessionsDto> {
    await this.sessions.end(actor, id, sessionId);
    return EndedSessionsDto.of(1);
  }
}
