import {
  Body,
  Controller,
  Delete,
  Get,
  Headers,
  HttpCode,
  Param,
  ParseUUIDPipe,
  Patch,
  Query,
  Res,
} from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import type { FastifyReply } from 'fastify';
import { Authenticated, CurrentActor, RequirePermission } from '../access/access.decorators.js';
import type { CallerActor } from '../access/actor.js';
import { etagOf, versionFromIfMatch } from '../kernel/etag/etag.js';
import { PageQueryDto } from '../kernel/paging/page-query.dto.js';
import { UpdateUserDto } from './dto/update-user.dto.js';
import { UserDto, UserPageDto } from './dto/user.dto.js';
import { UserQueryDto } from './dto/user-query.dto.js';
import { UsersService } from './users.service.js';

@ApiTags('users')
@Controller('users')
export class UsersController {
  constructor(private readonly users: UsersService) {}

  /** List users */
  @Get()
  @RequirePermission('users:read')
  async list(@Query() query: UserQueryDto): Promise<UserPageDto> {
    const page = await this.users.list(UserQueryDto.toFilter(query), PageQueryDto.limitOf(query), query.cursor);
    return { items: page.items.map(UserDto.from), nextCursor: page.nextCursor };
  }

  /** Read one's own account */
  @Get('me')
  @Authenticated({ narrowed: true })
  async me(@CurrentActor() actor: CallerActor): Promise<UserDto> {
    return UserDto.from(await this.users.get(actor.id));
  }

  /** Read one user */
  @Get(':id')
  @RequirePermission('users:read')
  async get(@Param('id', ParseUUIDPipe) id: string, @Res({ passthrough: true }) reply: FastifyReply): Promise<UserDto> {
    const user = await this.users.get(id);
    reply.header('ETag', etagOf(user.version));
    return UserDto.from(user);
  }

  /** Disable or enable a user */
  @Patch(':id')
  @RequirePermission('users:manage')
  async update(
    @CurrentActor() actor: CallerActor,
    @Param('id', ParseUUIDPipe) id: string,
    @Headers('if-match') ifMatch: string | undefined,
    @Body() body: UpdateUserDto,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<UserDto> {
    const user = await this.users.setStatus(actor, id, versionFromIfMatch(ifMatch), body.status);
    reply.header('ETag', etagOf(user.version));
    return UserDto.from(user);
  }

  /** Delete a user, with every role and session of theirs */
  @Delete(':id')
  @HttpCode(204)
  @RequirePermission('users:manage')
  async remove(
    @CurrentActor() actor: CallerActor,
    @Param('id', ParseUUIDPipe) id: string,
    @Headers('if-match') ifMatch: string | undefined,
  ): Promise<void> {
    await this.users.delete(actor, id, versionFromIfMatch(ifMatch));
  }
}
