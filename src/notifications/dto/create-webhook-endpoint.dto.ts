import {
  ArrayMaxSize,
  ArrayUnique,
  IsArray,
  IsIn,
  IsString,
  IsUUID,
  MaxLength,
  MinLength,
  ValidateIf,
} from 'class-validator';
import { OUTBOX_EVENTS, type OutboxEventType } from '../../outbox/outbox.events.js';
import { SEVERITIES, type Severity } from '../severity.js';
import type { EndpointPatch } from '../webhook-endpoints.repository.js';
import type { NewEndpoint } from '../webhook-endpoints.service.js';

const EVENT_TYPES = Object.keys(OUTBOX_EVENTS);

/** Absent is fine, null is not: a column that must have a value would get none. */
const IfPresent = () => ValidateIf((_object, value) => value !== undefined);

/** A change of an endpoint; what is absent stays. */
export class UpdateWebhookEndpointDto {
  /** https URL of the receiver, on port 443 or 1024 and above, at a public address. */
  @IfPresent()
  @IsString()
  @MinLength(1)
  @MaxLength(2000)
  url?: string;

  /** What it is, for people. */
  @IfPresent()
  @IsString()
  @MaxLength(200)
  description?: string;

  /** Kinds of events to send; empty for all. */
  @IfPresent()
  @IsArray()
  @ArrayMaxSize(50)
  @ArrayUnique()
  @IsIn(EVENT_TYPES, { each: true })
  eventTypes?: OutboxEventType[];

  /** Of `drift.changes.detected` only events with a change at least so grave. */
  @IfPresent()
  @IsIn(SEVERITIES)
  minSeverity?: Severity;

  /** Disabling gives up what is still to be delivered; it can be replayed later. */
  @IfPresent()
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
  @IfPresent()
  @IsString()
  @MaxLength(200)
  description?: string;

  /** Kinds of events to send; empty or absent for all. */
  @IfPresent()
  @IsArray()
  @ArrayMaxSize(50)
  @ArrayUnique()
  @IsIn(EVENT_TYPES, { each: true })
  eventTypes?: OutboxEventType[];

  /** Of `drift.changes.detected` only events with a change at least so grave; low when absent. */
  @IfPresent()
  @IsIn(SEVERITIES)
  minSeverity?: Severity;

  /** Only events of this watched tenant, and those of the installation; all when absent. */
  @IfPresent()
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
