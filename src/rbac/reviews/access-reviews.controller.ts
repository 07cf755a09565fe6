import { Body, Controller, Get, HttpCode, Param, Post, Query } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { Authenticated, CurrentActor, RequirePermission } from '../../access/access.decorators.js';
import type { CallerActor } from '../../access/actor.js';
import { IdPipe } from '../../kernel/ids/id.pipe.js';
import { PageQueryDto } from '../../kernel/paging/page-query.dto.js';
import { AccessReviewsService } from './access-reviews.service.js';
import { CreateReviewDto } from './dto/create-review.dto.js';
import { DecideItemDto, ReviewItemQueryDto } from './dto/decide-item.dto.js';
import { ReviewDto, ReviewItemDto, ReviewItemPageDto, ReviewPageDto } from './dto/review.dto.js';
import { ReviewDecisions } from './review-decisions.service.js';

@ApiTags('rbac')
@Controller('rbac/reviews')
export class AccessReviewsController {
  constructor(
    private readonly reviews: AccessReviewsService,
    private readonly decisions: ReviewDecisions,
  ) {}

  /** Start an access review */
  @Post()
  @RequirePermission('access:review', { anyScope: true })
  async create(@CurrentActor() actor: CallerActor, @Body() body: CreateReviewDto): Promise<ReviewDto> {
    return ReviewDto.from(await this.reviews.create(actor, CreateReviewDto.toNewReview(body)));
  }

  /** List the access reviews that you review or may start */
  @Get()
  @Authenticated()
  async list(@CurrentActor() actor: CallerActor, @Query() query: PageQueryDto): Promise<ReviewPageDto> {
    const page = await this.reviews.list(actor, PageQueryDto.limitOf(query), query.cursor);
    return { items: page.items.map(ReviewDto.from), nextCursor: page.nextCursor };
  }

  /** Read one access review */
  @Get(':id')
  @Authenticated()
  async get(@CurrentActor() actor: CallerActor, @Param('id', IdPipe) id: string): Promise<ReviewDto> {
    return ReviewDto.from(await this.reviews.get(actor, id));
  }

  /** List what is reviewed */
  @Get(':id/items')
  @Authenticated()
  async items(
    @CurrentActor() actor: CallerActor,
    @Param('id', IdPipe) id: string,
    @Query() query: ReviewItemQueryDto,
  ): Promise<ReviewItemPageDto> {
    const page = await this.decisions.list(actor, id, query.decision, PageQueryDto.limitOf(query), query.cursor);
    return { items: page.items.map(ReviewItemDto.from), nextCursor: page.nextCursor };
  }

  /** Say whether somebody keeps a role */
  @Post(':id/items/:itemId/decide')
  @Authenticated()
  @HttpCode(200)
  async decide(
    @CurrentActor() actor: CallerActor,
    @Param('id', IdPipe) id: string,
    @Param('itemId', IdPipe) itemId: string,
    @Body() body: DecideItemDto,
  ): Promise<ReviewItemDto> {
    return ReviewItemDto.from(await this.decisions.decide(actor, id, itemId, body.decision, body.reason));
  }

  /** End an access review now and do what was decided */
  @Post(':id/close')
  @RequirePermission('access:review', { anyScope: true })
  @HttpCode(202)
  async close(@CurrentActor() actor: CallerActor, @Param('id', IdPipe) id: string): Promise<ReviewDto> {
    return ReviewDto.from(await this.reviews.close(actor, id));
  }

  /** Cancel an access review; nothing follows from it */
  @Post(':id/cancel')
  @RequirePermission('access:review', { anyScope: true })
  @HttpCode(200)
  async cancel(@CurrentActor() actor: CallerActor, @Param('id', IdPipe) id: string): Promise<ReviewDto> {
    return ReviewDto.from(await this.reviews.cancel(actor, id));
  }
}
