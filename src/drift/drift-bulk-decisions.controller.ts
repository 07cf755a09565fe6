import { Body, Controller, Get, Headers, HttpCode, Param, Post, Query } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { CurrentActor } from '../access/access.decorators.js';
import type { CallerActor } from '../access/actor.js';
import { IdPipe } from '../kernel/ids/id.pipe.js';
import { BulkDecisions } from './decisions/bulk-decisions.service.js';
import { driftError } from './drift.errors.js';
import {
  BulkDecisionDto,
  BulkRowDto,
  BulkRowsDto,
  BulkRowsQueryDto,
  DEFAULT_BULK_PAGE,
  DecideInBulkDto,
} from './dto/bulk-decision.dto.js';
import { DriftAccess, InReach } from './tenant-access/drift-access.decorator.js';
import type { TenantsInReach } from './tenant-access/subject.types.js';

/** Printable ASCII, so that it means the same to everybody in between. */
const IDEMPOTENCY_KEY = /^[\x21-\x7e]{1,128}$/;

@ApiTags('drift')
@Controller('drift/bulk-decisions')
export class DriftBulkDecisionsController {
  constructor(private readonly bulks: BulkDecisions) {}

  /** Decide on many changes by one job; Idempotency-Key makes sending it again harmless */
  @Post()
  @HttpCode(202)
  @DriftAccess('drift:decide')
  async request(
    @CurrentActor() actor: CallerActor,
    @Headers('idempotency-key') key: string | undefined,
    @Body() body: DecideInBulkDto,
  ): Promise<BulkDecisionDto> {
    if (key === undefined || !IDEMPOTENCY_KEY.test(key)) throw driftError('drift.idempotency_key_required');
    return BulkDecisionDto.from(await this.bulks.request(actor, key, DecideInBulkDto.toRequest(body)));
  }

  /** Read how a decision on many changes stands */
  @Get(':id')
  @DriftAccess('drift:read')
  async get(
    @CurrentActor() actor: CallerActor,
    @InReach() inReach: TenantsInReach,
    @Param('id', IdPipe) id: string,
  ): Promise<BulkDecisionDto> {
    return BulkDecisionDto.from(await this.bulks.get(actor, inReach, id));
  }

  /** List what became of its rows, in their order */
  @Get(':id/rows')
  @DriftAccess('drift:read')
  async rows(
    @CurrentActor() actor: CallerActor,
    @InReach() inReach: TenantsInReach,
    @Param('id', IdPipe) id: string,
    @Query() query: BulkRowsQueryDto,
  ): Promise<BulkRowsDto> {
    const { after = 0, limit = DEFAULT_BULK_PAGE } = query;
    const rows = await this.bulks.rows(actor, inReach, id, limit + 1, after);
    const items = rows.slice(0, limit).map(BulkRowDto.from);
    return { items, nextAfter: rows.length > limit ? (items.at(-1)?.position ?? null) : null };
  }
}
