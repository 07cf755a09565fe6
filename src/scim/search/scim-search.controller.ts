import { Controller, HttpCode, Post, Req, Res, UseFilters } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import type { FastifyReply } from 'fastify';
import { CurrentActor, RequirePermission } from '../../access/access.decorators.js';
import type { CallerActor } from '../../access/actor.js';
import { ReadsOnly } from '../../access/reads-only.decorator.js';
import type { JsonObject } from '../../crypto/canonical-json.js';
import { AnswersScim, SpeaksScim, TakesScim } from '../openapi/described-for-scim.js';
import { ScimErrorFilter } from '../scim-error.filter.js';
import { answerWith, type ScimRequest } from '../scim-request.js';
import { ScimSearch } from './scim-search.service.js';

@ApiTags('scim')
@SpeaksScim()
@Controller('scim/v2')
@UseFilters(ScimErrorFilter)
export class ScimSearchController {
  constructor(private readonly everything: ScimSearch) {}

  /** Search people and groups together, with the query in the body (RFC 7644 3.4.3) */
  @Post('.search')
  @HttpCode(200)
  @RequirePermission('scim:provision')
  @ReadsOnly()
  @TakesScim('ScimSearchRequest')
  @AnswersScim('ScimResourceList', 'A page of those that fit')
  async search(
    @CurrentActor() actor: CallerActor,
    @Req() request: ScimRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<JsonObject> {
    return answerWith(reply, await this.everything.run(actor, request.body));
  }
}
