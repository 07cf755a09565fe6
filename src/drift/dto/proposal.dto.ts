import { ApiProperty } from '@nestjs/swagger';
import { Type } from 'class-transformer';
import {
  ArrayMaxSize,
  ArrayMinSize,
  IsArray,
  IsBoolean,
  IsIn,
  IsInt,
  IsUUID,
  Max,
  Min,
  ValidateNested,
} from 'class-validator';
import { kernelError } from '../../kernel/errors/kernel.errors.js';
import { MayBeAbsent } from '../../kernel/validation/may-be-absent.decorator.js';
import { MAX_BASELINE_CHANGES } from '../baseline/baseline-changes.service.js';
import type { DriftProposal } from '../decisions/drift-proposal.entity.js';
import type { ProposedContent, RequestedProposal } from '../decisions/proposal.types.js';
import { IgnoreChangeDto, ReopenChangeDto, untilOf } from './decide-change.dto.js';
import { CreateIgnoreRuleDto } from './ignore-rule.dto.js';

const MAX_VERSION = 1_000_000_000;

/** A decision on a change that a second person has to approve. */
export class ProposedDecisionDto extends IgnoreChangeDto {
  @IsUUID('loose')
  changeId: string;

  /** Of the change that the proposer has seen: if it is another by then, nothing is decided. */
  @IsInt()
  @Min(1)
  @Max(MAX_VERSION)
  version: number;

  @IsIn(['accept', 'ignore'])
  decision: 'accept' | 'ignore';
}

/** The approval of a baseline that a second person has to approve: of a snapshot or of single changes. */
export class ProposedBaselineDto extends ReopenChangeDto {
  /** The version in force that the proposer has seen; left out where the tenant has none. */
  @MayBeAbsent()
  @IsInt()
  @Min(1)
  @Max(MAX_VERSION)
  version?: number;

  /** This or `changeIds`. */
  @MayBeAbsent()
  @IsUUID('loose')
  snapshotId?: string;

  /** As in POST /drift/baselines. */
  @MayBeAbsent()
  @IsBoolean()
  acceptIncomplete?: boolean;

  /** Changes of one tenant that aren't closed, at most 1000. */
  @MayBeAbsent()
  @IsArray()
  @ArrayMinSize(1)
  @ArrayMaxSize(MAX_BASELINE_CHANGES)
  @IsUUID('loose', { each: true })
  changeIds?: string[];
}

/** What a second person is asked for: one of the two. */
export class ProposeDecisionDto {
  @MayBeAbsent()
  @ValidateNested()
  @Type(() => ProposedDecisionDto)
  decision?: ProposedDecisionDto;

  @MayBeAbsent()
  @ValidateNested()
  @Type(() => CreateIgnoreRuleDto)
  ignoreRule?: CreateIgnoreRuleDto;

  /** @throws DomainError request.invalid */
  static toProposal({ decision, ignoreRule }: ProposeDecisionDto): RequestedProposal {
    // Validation takes a list of nested objects for one.
    if (Array.isArray(decision) || Array.isArray(ignoreRule)) throw kernelError('request.invalid');
    if (decision !== undefined && ignoreRule === undefined) {
      const { changeId, version, reason } = decision;
      const until = untilOf(decision)?.toISOString() ?? null;
      const content: ProposedContent = { kind: 'decision', decision: decision.decision, until };
      return { tenantId: '', changeId, version, content, reason };
    }
    if (ignoreRule !== undefined && decision === undefined) {
      const { tenantId, reason, until, ...pattern } = CreateIgnoreRuleDto.toRule(ignoreRule);
      const content: ProposedContent = { kind: 'ignore-rule', until: until?.toISOString() ?? null, ...pattern };
      return { tenantId, changeId: null, version: null, content, reason };
    }
    throw kernelError('request.invalid', { detail: 'Name a decision or a rule, one of the two.' });
  }
}

/** @throws DomainError request.invalid */
export function proposalOfBaseline(dto: ProposedBaselineDto): RequestedProposal {
  const { snapshotId, changeIds, acceptIncomplete = false, version = null, reason } = dto;
  const common = { tenantId: '', changeId: null, version, reason };
  if (snapshotId !== undefined && changeIds === undefined)
    return { ...common, content: { kind: 'baseline', snapshotId, acceptIncomplete } };
  if (changeIds !== undefined && snapshotId === undefined)
    return { ...common, content: { kind: 'baseline', changeIds } };
  throw kernelError('request.invalid', { detail: 'Name a snapshot or changes, one of the two.' });
}

/** What one person wants and another has to approve. */
export class ProposalDto {
  id: string;
  /** Id in /tenants. */
  tenantId: string;
  kind:
    | 'decision'
    | 'ignore-rule'
    | 'baseline'
    | 'rule-override'
    | 'change-window'
    | 'tenant-settings'
    | 'tenant-connection';
  /** `expired`: nobody answered in time. */
  status: 'pending' | 'approved' | 'declined' | 'withdrawn' | 'expired';
  /** The change that is to be decided. */
  changeId: string | null;
  /** Of the change or baseline, as the proposer saw it. */
  seenVersion: number | null;
  decision: 'accept' | 'ignore' | null;
  /** RFC 3339: when the decision or rule would end. */
  until: string | null;
  /** What the rule would ignore. */
  resourceType: string | null;
  resourceKey: string | null;
  pathPattern: string | null;
  /** What would become the baseline. */
  snapshotId: string | null;
  /** What the baseline would take in. */
  changeIds: string[];

  /** What is proposed, whole: of an override `rule` and `override` (null: as it comes), of a window `window` or `withdraws`, of
   * settings `settings`, of a connection `candidate` (null: the installation's application). */
  @ApiProperty({ type: 'object', additionalProperties: true })
  content: Record<string, unknown>;

  /** Of a snapshot: although parts of the tenant were not read for it. */
  acceptIncomplete: boolean;
  reason: string;
  /** Id of the user. */
  proposedBy: string;
  proposedByName: string;
  /** RFC 3339. */
  proposedAt: string;
  /** RFC 3339. */
  expiresAt: string;
  /** Id of the user; null while nobody answered. */
  answeredBy: string | null;
  answeredByName: string | null;
  answeredAt: string | null;
  answerReason: string | null;
  /** What If-Match wants, as in the ETag of GET. */
  version: number;

  static from(proposal: DriftProposal): ProposalDto {
    const { id, tenantId, kind, status, subjectId, subjectVersion, reason, version } = proposal;
    const isExpired = status === 'pending' && proposal.expiresAt.getTime() <= Date.now();
    return {
      id,
      tenantId,
      kind,
      status: isExpired ? 'expired' : status,
      changeId: subjectId,
      seenVersion: subjectVersion,
      ...contentOf(JSON.parse(proposal.content) as ProposedContent),
      reason,
      proposedBy: proposal.proposedById,
      proposedByName: proposal.proposedByName,
      proposedAt: proposal.proposedAt.toISOString(),
      expiresAt: proposal.expiresAt.toISOString(),
      answeredBy: proposal.decidedById,
      answeredByName: proposal.decidedByName,
      answeredAt: proposal.decidedAt?.toISOString() ?? null,
      answerReason: proposal.decisionReason,
      version,
    };
  }
}

export class ProposalPageDto {
  items: ProposalDto[];
  nextCursor: string | null;
}

function contentOf(content: ProposedContent) {
  const isRule = content.kind === 'ignore-rule';
  return {
    decision: content.kind === 'decision' ? content.decision : null,
    until: 'until' in content ? content.until : null,
    resourceType: isRule ? content.resourceType : null,
    resourceKey: isRule ? content.resourceKey : null,
    pathPattern: isRule ? content.pathPattern : null,
    snapshotId: 'snapshotId' in content ? content.snapshotId : null,
    changeIds: 'changeIds' in content ? content.changeIds : [],
    acceptIncomplete: 'acceptIncomplete' in content ? content.acceptIncomplete : false,
    content: { ...content },
  };
}
