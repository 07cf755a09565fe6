import { Body, Controller, Get, Header, HttpCode, Param, Post, Query } from '@nestjs/common';
import { RouteConfig } from '@nestjs/platform-fastify';
import { ApiOkResponse, ApiTags } from '@nestjs/swagger';
import { CurrentActor, RequirePermission } from '../../access/access.decorators.js';
import type { CallerActor } from '../../access/actor.js';
import { ReadsOnly } from '../../access/reads-only.decorator.js';
import { IdPipe } from '../../kernel/ids/id.pipe.js';
import { PageQueryDto } from '../../kernel/paging/page-query.dto.js';
import {
  CheckpointDto,
  CheckpointPageDto,
  ConsistencyProofDto,
  ConsistencyQueryDto,
  InclusionProofDto,
  LogKeyDto,
  LogKeysDto,
  ProofQueryDto,
} from '../dto/audit-proof.dto.js';
import { AuditVerdictDto, AuditVerifyDto, MAX_VERIFY_BYTES } from '../dto/audit-verify.dto.js';
import { AuditProofs } from './audit-proofs.service.js';
import { auditReadError } from './audit-read.errors.js';
import { AuditVerification } from './audit-verification.service.js';
import { LogKeys } from './log-keys.service.js';

const TEXT = 'text/plain';

/** What lets somebody outside check the trail: proofs, checkpoints, keys. */
@ApiTags('audit')
@Controller('audit')
export class AuditProofsController {
  constructor(
    private readonly proofs: AuditProofs,
    private readonly keys: LogKeys,
    private readonly verification: AuditVerification,
  ) {}

  /** Prove that a record is in the audit log */
  @Get('events/:id/proof')
  @RequirePermission('audit:read', { anyScope: true })
  async ofRecord(
    @CurrentActor() actor: CallerActor,
    @Param('id', IdPipe) id: string,
    @Query() { size }: ProofQueryDto,
  ): Promise<InclusionProofDto> {
    return InclusionProofDto.from(await this.proofs.ofRecord(actor, id, size));
  }

  /** Prove that the audit log of one size begins with that of another */
  @Get('consistency')
  @RequirePermission('audit:read', { anyScope: true })
  async consistency(@Query() { first, second }: ConsistencyQueryDto): Promise<ConsistencyProofDto> {
    return ConsistencyProofDto.from(await this.proofs.consistency(first, second));
  }

  /** List what the audit log has signed, largest first */
  @Get('checkpoints')
  @RequirePermission('audit:read', { anyScope: true })
  async checkpoints(@Query() query: PageQueryDto): Promise<CheckpointPageDto> {
    const page = await this.proofs.checkpoints(PageQueryDto.limitOf(query), query.cursor);
    return { items: page.items.map(CheckpointDto.from), nextCursor: page.nextCursor };
  }

  /** Read the newest checkpoint as a signed note */
  @Get('checkpoints/latest')
  @RequirePermission('audit:read', { anyScope: true })
  @Header('content-type', `${TEXT}; charset=utf-8`)
  @ApiOkResponse({ description: 'c2sp.org/tlog-checkpoint', content: { [TEXT]: { schema: { type: 'string' } } } })
  async latest(): Promise<string> {
    return (await this.proofs.latest()).note;
  }

  /** List the public keys that sign the audit log, newest first */
  @Get('keys')
  @RequirePermission('audit:read', { anyScope: true })
  async listKeys(): Promise<LogKeysDto> {
    return { origin: await this.keys.origin(), keys: (await this.keys.all()).map(LogKeyDto.from) };
  }

  /** Verify a proof or an evidence bundle */
  @Post('verify')
  @RequirePermission('audit:read', { anyScope: true })
  @ReadsOnly()
  @HttpCode(200)
  @RouteConfig({ bodyLimit: MAX_VERIFY_BYTES })
  async verify(@Body() { proof, bundle, keys, checkpoints, complete }: AuditVerifyDto): Promise<AuditVerdictDto> {
    if ((proof === undefined) === (bundle === undefined))
      throw auditReadError('audit.unreadable_evidence', { detail: 'Give either a proof or a bundle.' });
    if (proof !== undefined && complete !== undefined)
      throw auditReadError('audit.unreadable_evidence', {
        detail: 'A proof is of one record; only a bundle can be complete.',
      });
    if (proof !== undefined) return AuditVerdictDto.from(await this.verification.proof(proof, { keys, checkpoints }));
    return AuditVerdictDto.from(await this.verification.bundle(bundle ?? '', { keys, checkpoints, complete }));
  }
}
