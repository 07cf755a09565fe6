import { ApiProperty } from '@nestjs/swagger';
import { ArrayMaxSize, ArrayMinSize, ArrayUnique, IsArray, IsBoolean, IsUUID } from 'class-validator';
import { MayBeAbsent } from '../../kernel/validation/may-be-absent.decorator.js';
import type { Remediation, RemediationDetails, RemediationStep } from '../remediation/remediation.types.js';
import { REMEDIATION_STATUSES } from '../remediation/remediation.types.js';
import { MAX_EXECUTED_CHANGES, type RequestedRemediation } from '../remediation/remediations.service.js';
import { ReopenChangeDto } from './decide-change.dto.js';
import { PlanNoteDto, PlannedRequestDto } from './remediation-plan.dto.js';

/** Asks that the plan for some changes be executed. */
export class RequestRemediationDto extends ReopenChangeDto {
  /** Open or denied changes of one tenant, at most 100. */
  @IsArray()
  @ArrayMinSize(1)
  @ArrayMaxSize(MAX_EXECUTED_CHANGES)
  @ArrayUnique((id: unknown) => String(id).toLowerCase())
  @IsUUID('loose', { each: true })
  changeIds: string[];

  /** Says that what the plan's notes name is accepted: what it touches beside the drift, or doesn't bring back. */
  @MayBeAbsent()
  @IsBoolean()
  acceptNotes?: boolean;

  static toRequest({ changeIds, reason, acceptNotes = false }: RequestRemediationDto): RequestedRemediation {
    return { changeIds: changeIds.map((id) => id.toLowerCase()), reason, acceptNotes };
  }
}

/** An execution of a plan. */
export class RemediationDto {
  id: string;
  /** Id in /tenants. */
  tenantId: string;
  changeIds: string[];
  /**
   * `superseded`: what the plan was made for changed before anything was sent; `expired`: nobody approved and ran it within a day;
   * `declined`: by somebody else, or taken back.
   */
  @ApiProperty({ enum: REMEDIATION_STATUSES })
  status: Remediation['status'];
  /** Of the baseline that it restores. */
  baselineVersion: number;
  reason: string;
  /** Id of the user. */
  requestedBy: string;
  requestedByName: string;
  /** RFC 3339. */
  requestedAt: string;
  /** RFC 3339: from when on it isn't begun any more. */
  expiresAt: string;
  /** Id of the user who approved or declined; null while nobody did. */
  decidedBy: string | null;
  decidedByName: string | null;
  decidedAt: string | null;
  decisionReason: string | null;
  startedAt: string | null;
  finishedAt: string | null;
  /** One sentence on how it ended. */
  outcome: string | null;
  /** What If-Match wants, as in the ETag of GET. */
  version: number;

  static from(one: Remediation): RemediationDto {
    const { id, tenantId, changeIds, status, baselineVersion, reason, requestedBy, decidedBy, version } = one;
    return {
      id,
      tenantId,
      changeIds,
      status,
      baselineVersion,
      reason,
      requestedBy: requestedBy.id,
      requestedByName: requestedBy.displayName,
      requestedAt: one.requestedAt.toISOString(),
      expiresAt: one.expiresAt.toISOString(),
      decidedBy: decidedBy?.id ?? null,
      decidedByName: decidedBy?.displayName ?? null,
      decidedAt: one.decidedAt?.toISOString() ?? null,
      decisionReason: one.decisionReason,
      startedAt: one.startedAt?.toISOString() ?? null,
      finishedAt: one.finishedAt?.toISOString() ?? null,
      outcome: one.outcome,
      version,
    };
  }
}

/** What became of one request of the plan; one that isn't listed wasn't sent. */
export class RemediationStepDto {
  /** Of the request in the plan. */
  number: number;
  /** `intended`: it is under way; `unknown`: nobody knows whether the tenant did it. It is never sent again. */
  status: 'intended' | 'done' | 'refused' | 'unknown';
  /** RFC 3339. */
  intendedAt: string;
  endedAt: string | null;
  httpStatus: number | null;
  detail: string | null;

  static from({ intendedAt, endedAt, ...step }: RemediationStep): RemediationStepDto {
    return { ...step, intendedAt: intendedAt.toISOString(), endedAt: endedAt?.toISOString() ?? null };
  }
}

/** What a change came to, as it was read in the tenant after the last request. */
export class RemediedChangeDto {
  changeId: string;
  /** `restored`: the tenant has the baseline's value; `standing`: it hasn't; `unread`: it couldn't be read; null before the end. */
  outcome: 'restored' | 'standing' | 'unread' | null;
}

/** An execution with its plan and what became of it. */
export class RemediationDetailsDto extends RemediationDto {
  requests: PlannedRequestDto[];
  notes: PlanNoteDto[];
  /** Application permissions that the service needs in the tenant. */
  permissions: string[];
  steps: RemediationStepDto[];
  outcomes: RemediedChangeDto[];

  static fromDetails(one: RemediationDetails): RemediationDetailsDto {
    const { requests, notes, permissions } = one.plan;
    return {
      ...RemediationDto.from(one),
      requests,
      notes,
      permissions,
      steps: one.steps.map(RemediationStepDto.from),
      outcomes: one.outcomes,
    };
  }
}

export class RemediationPageDto {
  items: RemediationDto[];
  nextCursor: string | null;
}
