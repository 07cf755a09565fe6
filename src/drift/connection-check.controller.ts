import { Body, Controller, HttpCode, Param, Post } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { CurrentActor, RequirePermission } from '../access/access.decorators.js';
import type { CallerActor } from '../access/actor.js';
import { IdPipe } from '../kernel/ids/id.pipe.js';
import { ConnectionCheck } from './connection-check.service.js';
import { ConnectionCheckDto, TestConnectionDto } from './dto/connection-check.dto.js';

@ApiTags('tenants')
@Controller('tenants/:id/connection')
export class ConnectionCheckController {
  constructor(private readonly check: ConnectionCheck) {}

  /** Try what a tenant is read with, or what waits for approval, and name what is missing */
  @Post('test')
  @HttpCode(200)
  @RequirePermission('tenants:manage')
  async test(
    @CurrentActor() actor: CallerActor,
    @Param('id', IdPipe) id: string,
    @Body() body: TestConnectionDto,
  ): Promise<ConnectionCheckDto> {
    return ConnectionCheckDto.from(await this.check.test(actor, id, body.candidate?.toLowerCase() ?? null));
  }
}
