import {
  ArrayMaxSize,
  ArrayUnique,
  IsArray,
  IsIn,
  IsInt,
  IsString,
  IsUUID,
  Max,
  MaxLength,
  Min,
  MinLength,
  ValidateIf,
} from 'class-validator';
import { MayBeAbsent } from '../../kernel/validation/may-be-absent.decorator.js';
import { OUTBOX_EVENTS, type OutboxEventType } from '../../outbox/outbox.events.js';
import { SEVERITIES, type Severity } from '../severity.js';
import type { EndpointPatch } from '../webhook-endpoints.repository.js';
import type { NewEndpoint } from '../webhook-endpoints.service.js';

/** A digest comes to whom it is made for, by `digestIntervalSeconds`. */
const EVENT_TYPES = Object.keys(OUTBOX_EVENTS).filter((type) => type !== 'drift.digest');
const DAY_SECONDS = 86_400;
const SHORTEST_DIGEST_SECONDS = 3600;
const LONGEST_DIGEST_SECONDS = 7 * DAY_SECONDS;

/** A change of an endpoint; what is absent stays. */
export class UpdateWebhookEndpointDto {
  /** https URL of the receiver, on port 443 or 1024 and above, at a public address. */
  @MayBeAbsent()
  @IsString()
  @MinLength(1)
  @MaxLength(2000)
  url?: string;

  /** What it is, for people. */
  @MayBeAbsent()
  @IsString()
  @MaxLength(200)
  description?: string;

  /** Kinds of events to send; empty for all. */
  @MayBeAbsent()
  @IsArray()
  @ArrayMaxSize(50)
  @ArrayUnique()
  @IsIn(EVENT_TYPES, { each: true })
  eventTypes?: OutboxEventType[];

  /** Of drift only alerts with a change at least so grave at once, or with a control that turned; the rest by digest. */
  @MayBeAbsent()
  @IsIn(SEVERITIES)
  minSeverity?: Severity;

  /** Of drift only what changed on these types of resource, such as `conditionalAccessPolicy`; empty for all. */
  @MayBeAbsent()
  @IsArray()
  @ArrayMaxSize(100)
  @ArrayUnique()
  @IsString({ each: true })
  @MaxLength(100, { each: true })
  resourceTypes?: string[];

  /** Of drift only what concerns these controls, such as `MS.AAD.3.2`; one that turns is told whatever the severity. Empty for all. */
  @MayBeAbsent()
  @IsArray()
  @ArrayMaxSize(200)
  @ArrayUnique()
  @IsString({ each: true })
  @MaxLength(100, { each: true })
  controls?: string[];

  /** Only events of these watched tenants, and those of the installation; empty for all. Not for an endpoint with a `tenantId`. */
  @MayBeAbsent()
  @IsArray()
  @ArrayMaxSize(100)
  @ArrayUnique()
  @IsUUID('loose', { each: true })
  tenantIds?: string[];

  /** How often one message tells of drift below `minSeverity`, in seconds: an hour to a week; null for never. */
  @MayBeAbsent()
  @ValidateIf((_object, value: unknown) => value !== null)
  @IsInt()
  @Min(SHORTEST_DIGEST_SECONDS)
  @Max(LONGEST_DIGEST_SECONDS)
  digestIntervalSeconds?: number | null;

  /** Disabling gives up what is still to be delivered; it can be replayed later. */
  @MayBeAbsent()
  @IsIn(['enabled', 'disabled'])
  status?: 'enabled' | 'disabled';

  static toPatch(dto: UpdateWebhookEndpointDto): EndpointPatch {
    const { url, description, eventTypes, minSeverity, resourceTypes, controls, tenantIds, status } = dto;
    const { digestIntervalSeconds } = dto;
    const wants = { eventTypes, minSeverity, resourceTypes, controls, tenantIds, digestIntervalSeconds };
    const patch = { url, description, ...wants, status };
    return Object.fromEntries(Object.entries(patch).filter(([, value]) => value !== undefined));
  }
}

/** A receiver of webhooks to add. */
export class CreateWebhookEndpointDto {
  /** https URL of the receiver, on port 443 or 1024 and above, at a public address. */
  @IsString()
  @MinLength(1)
  @MaxLength(2000)
  url: string;

  /** What it is, for people. */
  @MayBeAbsent()
  @IsString()
  @MaxLength(200)
  description?: string;

  /** Kinds of events to send; empty or absent for all. */
  @MayBeAbsent()
  @IsArray()
  @ArrayMaxSize(50)
  @ArrayUnique()
  @IsIn(EVENT_TYPES, { each: true })
  eventTypes?: OutboxEventType[];

  /** Of drift only alerts with a change at least so grave at once, or with a control that turned; the rest by digest. Low when absent. */
  @MayBeAbsent()
  @IsIn(SEVERITIES)
  minSeverity?: Severity;

  /** Of drift only what changed on these types of resource, such as `conditionalAccessPolicy`; empty for all. */
  @MayBeAbsent()
  @IsArray()
  @ArrayMaxSize(100)
  @ArrayUnique()
  @IsString({ each: true })
  @MaxLength(100, { each: true })
  resourceTypes?: string[];

  /** Of drift only what concerns these controls, such as `MS.AAD.3.2`; one that turns is told whatever the severity. Empty for all. */
  @MayBeAbsent()
  @IsArray()
  @ArrayMaxSize(200)
  @ArrayUnique()
  @IsString({ each: true })
  @MaxLength(100, { each: true })
  controls?: string[];

  /** Only events of these watched tenants, and those of the installation; empty for all. Not for an endpoint with a `tenantId`. */
  @MayBeAbsent()
  @IsArray()
  @ArrayMaxSize(100)
  @ArrayUnique()
  @IsUUID('loose', { each: true })
  tenantIds?: string[];

  /** How often one message tells of drift below `minSeverity`, in seconds: an hour to a week; a day when absent, null for never. */
  @MayBeAbsent()
  @ValidateIf((_object, value: unknown) => value !== null)
  @IsInt()
  @Min(SHORTEST_DIGEST_SECONDS)
  @Max(LONGEST_DIGEST_SECONDS)
  digestIntervalSeconds?: number | null;

  /** Only events of this watched tenant, and those of the installation; all when absent. */
  @MayBeAbsent()
  @IsUUID('loose')
  tenantId?: string;

  static toNewEndpoint(dto: CreateWebhookEndpointDto): NewEndpoint {
    return {
      url: dto.url,
      description: dto.description ?? '',
      eventTypes: dto.eventTypes ?? [],
      minSeverity: dto.minSeverity ?? 'low',
      resourceTypes: dto.resourceTypes ?? [],
      controls: dto.controls ?? [],
      tenantIds: dto.tenantIds ?? [],
      digestIntervalSeconds: dto.digestIntervalSeconds === undefined ? DAY_SECONDS : dto.digestIntervalSeconds,
      tenantId: dto.tenantId ?? null,
    };
  }
}
