import { Readable } from 'node:stream';
import { Controller, Get, Param, Query, StreamableFile } from '@nestjs/common';
import { ApiOkResponse, ApiTags } from '@nestjs/swagger';
import { CurrentActor, RequirePermission } from '../access/access.decorators.js';
import type { CallerActor } from '../access/actor.js';
import { IdPipe } from '../kernel/ids/id.pipe.js';
import { PageQueryDto } from '../kernel/paging/page-query.dto.js';
import { SnapshotDto, SnapshotPageDto } from './dto/snapshot.dto.js';
import { TenantPageQueryDto } from './dto/tenant-page-query.dto.js';
import { Snapshots } from './snapshot/snapshots.service.js';

const NDJSON = 'application/x-ndjson';

@ApiTags('drift')
@Controller('drift')
export class DriftSnapshotsController {
  constructor(private readonly snapshots: Snapshots) {}

  /** List snapshots, newest first */
  @Get('snapshots')
  @RequirePermission('drift:read')
  async list(@Query() query: TenantPageQueryDto): Promise<SnapshotPageDto> {
    const page = await this.snapshots.list(query.tenant ?? null, PageQueryDto.limitOf(query), query.cursor);
    return { items: page.items.map(SnapshotDto.from), nextCursor: page.nextCursor };
  }

  /** Read one snapshot's header */
  @Get('snapshots/:id')
  @RequirePermission('drift:read')
  async get(@Param('id', IdPipe) id: string): Promise<SnapshotDto> {
    return SnapshotDto.from(await this.snapshots.get(id));
  }

  /** Download a whole snapshot, one object a line */
  @Get('snapshots/:id/export')
  @RequirePermission('drift:export')
  @ApiOkResponse({
    description: 'Header line, then one object a line',
    content: { [NDJSON]: { schema: { type: 'string' } } },
  })
  async export(@CurrentActor() actor: CallerActor, @Param('id', IdPipe) id: string): Promise<StreamableFile> {
    const lines = await this.snapshots.export(actor, id);
    return new StreamableFile(Readable.from(lines), {
      type: NDJSON,
      disposition: `attachment; filename="snapshot-${id}.ndjson"`,
    });
  }
}
