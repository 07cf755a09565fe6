import { Controller, Get, Param, Query } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { RequirePermission } from '../../access/access.decorators.js';
import { IdPipe } from '../../kernel/ids/id.pipe.js';
import { AccessListDto } from './dto/access.dto.js';
import { AccessQueryDto } from './dto/access-query.dto.js';
import { EffectiveAccessService } from './effective-access.service.js';

@ApiTags('users')
@Controller('users')
export class UserAccessController {
  constructor(private readonly effective: EffectiveAccessService) {}

  /** List what a user may do where, and through what */
  @Get(':id/access')
  @RequirePermission('users:read')
  async access(@Param('id', IdPipe) id: string, @Query() query: AccessQueryDto): Promise<AccessListDto> {
    return AccessListDto.from(await this.effective.list('user', id, AccessQueryDto.toQuestion(query)));
  }
}
