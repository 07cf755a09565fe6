import { Type } from 'class-transformer';
import {
  ArrayMaxSize,
  IsArray,
  IsBoolean,
  IsInt,
  IsString,
  IsUUID,
  Max,
  MaxLength,
  Min,
  ValidateNested,
} from 'class-validator';
import { kernelError } from '../../kernel/errors/kernel.errors.js';
import { MayBeAbsent } from '../../kernel/validation/may-be-absent.decorator.js';
import type { RequestedProposal } from '../decisions/proposal.types.js';
import { AddChangeWindowDto } from './change-window.dto.js';
import { ReopenChangeDto } from './decide-change.dto.js';
import { OverrideRuleDto } from './override-rule.dto.js';

const MAX_VERSION = 1_000_000_000;
const MAX_RULE = 64;

/** An override that a second person has to approve, as in PUT /drift/rules/{rule}/override. */
export class ProposedOverrideDto extends OverrideRuleDto {
  /** Id in /tenants. */
  @IsUUID('loose')
  tenant: string;

  @IsString()
  @MaxLength(MAX_RULE)
  rule: string;

  /** Of the override that the proposer has seen; 0 where there is none. */
  @IsInt()
  @Min(0)
  @Max(MAX_VERSION)
  version: number;
}

/** That a rule holds as it comes again. */
export class ProposedRestorationDto extends ReopenChangeDto {
  /** Id in /tenants. */
  @IsUUID('loose')
  tenant: string;

  @IsString()
  @MaxLength(MAX_RULE)
  rule: string;

  /** Of the override that the proposer has seen. */
  @IsInt()
  @Min(1)
  @Max(MAX_VERSION)
  version: number;
}

/** That a change window is no more. */
export class ProposedWindowWithdrawalDto extends ReopenChangeDto {
  @IsUUID('loose')
  window: string;
}

/** Settings of a tenant that wants a second person; what is absent stays. */
export class ProposedTenantSettingsDto extends ReopenChangeDto {
  /** Id in /tenants. */
  @IsUUID('loose')
  tenant: string;

  /** Of the tenant that the proposer has seen: what If-Match would say. */
  @IsInt()
  @Min(1)
  @Max(MAX_VERSION)
  version: number;

  @MayBeAbsent()
  @IsBoolean()
  secondPerson?: boolean;

  @MayBeAbsent()
  @IsBoolean()
  scanEnabled?: boolean;

  /** Seconds between two scheduled scans. */
  @MayBeAbsent()
  @IsInt()
  @Min(30)
  @Max(86_400)
  scanIntervalSeconds?: number;

  /** As in PATCH /tenants/{id}. */
  @MayBeAbsent()
  @IsArray()
  @ArrayMaxSize(20)
  @IsUUID('loose', { each: true })
  breakGlassObjectIds?: string[];
}

/** What a tenant that wants a second person is read with. */
export class ProposedConnectionDto extends ReopenChangeDto {
  /** Id in /tenants. */
  @IsUUID('loose')
  tenant: string;

  /** Of the connection that the proposer has seen: what If-Match would say at PUT /tenants/{id}/connection. */
  @IsInt()
  @Min(0)
  @Max(MAX_VERSION)
  version: number;

  /** What was handed in at /tenants/{id}/connection/candidates; left out: the installation's application again. */
  @MayBeAbsent()
  @IsUUID('loose')
  candidate?: string;
}

/** What a second person is asked for: one of these. */
export class ProposeSettingDto {
  @MayBeAbsent()
  @ValidateNested()
  @Type(() => ProposedOverrideDto)
  ruleOverride?: ProposedOverrideDto;

  @MayBeAbsent()
  @ValidateNested()
  @Type(() => ProposedRestorationDto)
  ruleRestoration?: ProposedRestorationDto;

  @MayBeAbsent()
  @ValidateNested()
  @Type(() => AddChangeWindowDto)
  changeWindow?: AddChangeWindowDto;

  @MayBeAbsent()
  @ValidateNested()
  @Type(() => ProposedWindowWithdrawalDto)
  windowWithdrawal?: ProposedWindowWithdrawalDto;

  @MayBeAbsent()
  @ValidateNested()
  @Type(() => ProposedTenantSettingsDto)
  tenantSettings?: ProposedTenantSettingsDto;

  @MayBeAbsent()
  @ValidateNested()
  @Type(() => ProposedConnectionDto)
  tenantConnection?: ProposedConnectionDto;

  /** @throws DomainError request.invalid, drift.override_invalid, drift.window_when */
  static toProposal(dto: ProposeSettingDto): RequestedProposal {
    // Validation takes a list of nested objects for one.
    if (Object.values(dto).some(Array.isArray)) throw kernelError('request.invalid');
    const [proposal, ...others] = [
      dto.ruleOverride === undefined ? [] : ofOverride(dto.ruleOverride),
      dto.ruleRestoration === undefined ? [] : ofRestoration(dto.ruleRestoration),
      dto.changeWindow === undefined ? [] : ofWindow(dto.changeWindow),
      dto.windowWithdrawal === undefined ? [] : ofWithdrawal(dto.windowWithdrawal),
      dto.tenantSettings === undefined ? [] : ofSettings(dto.tenantSettings),
      dto.tenantConnection === undefined ? [] : ofConnection(dto.tenantConnection),
    ].flat();
    if (proposal === undefined || others.length > 0)
      throw kernelError('request.invalid', { detail: 'Name one thing that is to be approved.' });
    return { ...proposal, changeId: null };
  }
}

type Proposed = Omit<RequestedProposal, 'changeId'>;

function ofOverride({ tenant, version, rule, ...body }: ProposedOverrideDto): Proposed {
  const { disabled, severity, parameters, reason, until } = OverrideRuleDto.toChange(rule, body);
  const override = { disabled, severity, parameters, until: until?.toISOString() ?? null };
  return { tenantId: tenant.toLowerCase(), version, reason, content: { kind: 'rule-override', rule, override } };
}

function ofRestoration({ tenant, version, rule, reason }: ProposedRestorationDto): Proposed {
  return { tenantId: tenant.toLowerCase(), version, reason, content: { kind: 'rule-override', rule, override: null } };
}

function ofWindow(dto: AddChangeWindowDto): Proposed {
  const { tenantId, reason, startsAt, endsAt, ...said } = AddChangeWindowDto.toWindow(dto);
  const window = { ...said, startsAt: startsAt?.toISOString() ?? null, endsAt: endsAt?.toISOString() ?? null };
  return { tenantId: tenantId.toLowerCase(), version: null, reason, content: { kind: 'change-window', window } };
}

function ofWithdrawal({ window, reason }: ProposedWindowWithdrawalDto): Proposed {
  const content = { kind: 'change-window' as const, withdraws: window.toLowerCase() };
  return { tenantId: '', version: null, reason, content };
}

function ofSettings({ tenant, version, reason, ...settings }: ProposedTenantSettingsDto): Proposed {
  return { tenantId: tenant.toLowerCase(), version, reason, content: { kind: 'tenant-settings', settings } };
}

function ofConnection({ tenant, version, reason, candidate }: ProposedConnectionDto): Proposed {
  const content = { kind: 'tenant-connection' as const, candidate: candidate?.toLowerCase() ?? null };
  return { tenantId: tenant.toLowerCase(), version, reason, content };
}
