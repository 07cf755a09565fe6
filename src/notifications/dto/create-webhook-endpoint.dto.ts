import { ArrayMaxSize, ArrayUnique, IsArray, IsIn, IsString, IsUUID, MaxLength, MinLength } from 'class-validator';
import { MayBeAbsent } from '../../kernel/validation/may-be-absent.decorator.js';
import { OUTBOX_EVENTS, type OutboxEventType } from '../../outbox/outbox.events.js';
import { SEVERITIES, type Severity } from '../severity.js';
import type { EndpointPatch } from '../webhook-endpoints.repository.js';
import type { NewEndpoint } from '../webhook-endpoints.service.js';

const EVENT_TYPES = Object.keys(OUTBOX_EVENTS);

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

  /** Of `drift.changes.detected` only events with a change at least so grave. */
  @MayBeAbsent()
  @IsIn(SEVERITIES)
  minSeverity?: Severity;

  /** Disabling gives up what is still to be delivered; it can be replayed later. */
  @MayBeAbsent()
  @IsIn(['enabled', 'disabled'])
  status?: 'enabled' | 'disabled';

  static toPatch(dto: UpdateWebhookEndpointDto): EndpointPatch {
    const { url, description, eventTypes, minSeverity, status } = dto;
    const patch = { url, description, eventTypes, minSeverity, status };
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

  /** Of `drift.changes.detected` only events with a change at least so grave; low when absent. */
  @MayBeAbsent()
  @IsIn(SEVERITIES)
  minSeverity?: Severity;

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
      tenantId: dto.tenantId ?? null,
    };
  }
}
