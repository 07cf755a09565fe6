import { Controller, HttpCode, Post, Req, Res, UseFilters } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import type { FastifyReply } from 'fastify';
import { CurrentActor, RequirePermission } from '../../access/access.decorators.js';
import type { CallerActor } from '../../access/actor.js';
import type { JsonObject } from '../../crypto/canonical-json.js';
import { AnswersScim, SpeaksScim, TakesScim } from '../openapi/described-for-scim.js';
import { ScimErrorFilter } from '../scim-error.filter.js';
import { answerWith, type ScimRequest } from '../scim-request.js';
import { ScimBulk } from './scim-bulk.service.js';

@ApiTags('scim')
@SpeaksScim()
@Controller('scim/v2')
@UseFilters(ScimErrorFilter)
export class ScimBulkController {
  constructor(private readonly bulk: ScimBulk) {}

  /** Up to 100 changes in one request, each with an outcome of its own (RFC 7644 3.7) */
  @Post('Bulk')
  @HttpCode(200)
  @RequirePermission('scim:provision')
  @TakesScim('ScimBulkRequest')
  @AnswersScim('ScimBulkResponse', 'The outcomes')
  async run(
    @CurrentActor() actor: CallerActor,
    @Req() request: ScimRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<JsonObject> {
    return answerWith(reply, await this.bulk.run(actor, request.body));
  }
}
