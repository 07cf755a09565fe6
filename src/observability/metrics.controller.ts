import { Controller, Get, Header, UseGuards } from '@nestjs/common';
import { ApiExcludeController } from '@nestjs/swagger';
import { register } from 'prom-client';
import { Public } from '../access/access.decorators.js';
import { MetricsTokenGuard } from './metrics-token.guard.js';

@Controller('metrics')
@ApiExcludeController()
export class MetricsController {
  @Get()
  @Public('guarded by METRICS_TOKEN instead of an account')
  @UseGuards(MetricsTokenGuard)
  @Header('Content-Type', register.contentType)
  @Header('Cache-Control', 'no-store')
  index(): Promise<string> {
    return register.metrics();
  }
}
