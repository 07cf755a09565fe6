import { Controller, Get, Param, ParseUUIDPipe } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { RequirePermission } from '../../access/access.decorators.js';
import { AccessDecisions } from './access-decisions.service.js';
import { AccessEntryDto, AccessListDto } from './dto/access.dto.js';

@ApiTags('users')
@Controller('users')
export class UserAccessController {
  constructor(private readonly decisions: AccessDecisions) {}

  /** List what a user may do, and through what */
  @Get(':id/access')
  @RequirePermission('users:read')
  async access(@Param('id', ParseUUIDPipe) id: string): Promise<AccessListDto> {
    const access = await this.decisions.effectiveAccess('user', id);
    return { items: access.map(AccessEntryDto.from), nextCursor: null };
  }
}
