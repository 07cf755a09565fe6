import { Body, Controller, Delete, Get, Headers, Param, Patch, Query, Res } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import type { FastifyReply } from 'fastify';
import { Authenticated, CurrentActor, RequirePermission } from '../access/access.decorators.js';
import type { CallerActor } from '../access/actor.js';
import { etagOf, versionFromIfMatch } from '../kernel/etag/etag.js';
import { IdPipe } from '../kernel/ids/id.pipe.js';
import { UpdateUserDto } from './dto/update-user.dto.js';
import { ChangedUserDto, DeletedUserDto, ListedUserDto, UserDetailsDto, UserDto, UserPageDto } from './dto/user.dto.js';
import { UserQueryDto } from './dto/user-query.dto.js';
import { UserSearchService } from './user-search.service.js';
import { UsersService } from './users.service.js';

@ApiTags('users')
@Controller('users')
export class UsersController {
  constructor(
    private readonly users: UsersService,
    private readonly search: UserSearchService,
  ) {}

  /** List and search users; deleted ones only when asked for */
  @Get()
  @RequirePermission('users:read')
  async list(@CurrentActor() actor: CallerActor, @Query() query: UserQueryDto): Promise<UserPageDto> {
    const search = UserQueryDto.toSearch(query);
    const page = await this.search.list(actor, search, UserQueryDto.limitOf(query), query.cursor);
    return { items: page.items.map(ListedUserDto.fromListed), nextCursor: page.nextCursor };
  }

  /** Read one's own account */
  @Get('me')
  @Authenticated({ narrowed: true })
  async me(@CurrentActor() actor: CallerActor): Promise<UserDto> {
    return UserDto.from(await this.users.get(actor.id));
  }

  /** Read one user with their profile */
  @Get(':id')
  @RequirePermission('users:read')
  async get(@Param('id', IdPipe) id: string, @Res({ passthrough: true }) reply: FastifyReply): Promise<UserDetailsDto> {
    const user = await this.search.details(id);
    reply.header('ETag', etagOf(user.version));
    return UserDetailsDto.fromDetails(user);
  }

  /** Disable or enable a user */
  @Patch(':id')
  @RequirePermission('users:manage')
  async update(
    @CurrentActor() actor: CallerActor,
    @Param('id', IdPipe) id: string,
    @Headers('if-match') ifMatch: string | undefined,
    @Body() body: UpdateUserDto,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<ChangedUserDto> {
    const change = await this.users.setStatus(actor, id, versionFromIfMatch(ifMatch), body.status);
    reply.header('ETag', etagOf(change.user.version));
    return ChangedUserDto.fromChange(change);
  }

  /** Delete a user, with every role and session of theirs */
  @Delete(':id')
  @RequirePermission('users:manage')
  async remove(
    @CurrentActor() actor: CallerActor,
    @Param('id', IdPipe) id: string,
    @Headers('if-match') ifMatch: string | undefined,
  ): Promise<DeletedUserDto> {
    await this.users.delete(actor, id, versionFromIfMatch(ifMatch));
    return DeletedUserDto.now();
  }
}
