import { Readable } from 'node:stream';
import { Controller, Get, Param, Query, StreamableFile } from '@nestjs/common';
import { ApiOkResponse, ApiTags } from '@nestjs/swagger';
import { CurrentActor } from '../access/access.decorators.js';
import type { CallerActor } from '../access/actor.js';
import { IdPipe } from '../kernel/ids/id.pipe.js';
import { PageQueryDto } from '../kernel/paging/page-query.dto.js';
import { SnapshotDto, SnapshotPageDto } from './dto/snapshot.dto.js';
import { TenantPageQueryDto } from './dto/tenant-page-query.dto.js';
import { Snapshots } from './snapshot/snapshots.service.js';
import { DriftAccess, InReach } from './tenant-access/drift-access.decorator.js';
import { byId, inQuery, type TenantsInReach, tenantsAsked } from './tenant-access/subject.types.js';

const NDJSON = 'application/x-ndjson';

@ApiTags('drift')
@Controller('drift')
export class DriftSnapshotsController {
  constructor(private readonly snapshots: Snapshots) {}

  /** List snapshots, newest first */
  @Get('snapshots')
  @DriftAccess('drift:read', inQuery('tenant', 'tenant'))
  async list(@Query() query: TenantPageQueryDto, @InReach() inReach: TenantsInReach): Promise<SnapshotPageDto> {
    const page = await this.snapshots.list(
      tenantsAsked(query.tenant, inReach),
      PageQueryDto.limitOf(query),
      query.cursor,
    );
    return { items: page.items.map(SnapshotDto.from), nextCursor: page.nextCursor };
  }

  /** Read one snapshot's header */
  @Get('snapshots/:id')
  @DriftAccess('drift:read', byId('snapshot'))
  async get(@Param('id', IdPipe) id: string): Promise<SnapshotDto> {
    return SnapshotDto.from(await this.snapshots.get(id));
  }

  /** Download a whole snapshot, one object a line */
  @Get('snapshots/:id/export')
  @DriftAccess('drift:export', byId('snapshot'))
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
