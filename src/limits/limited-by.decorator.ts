import { applyDecorators, SetMetadata, UseGuards } from '@nestjs/common';
import { RateLimitGuard } from './rate-limit.guard.js';
import { LIMITED_BY, type RouteLimit } from './route-limit.js';

/** The route answers 429 with Retry-After to a source that asks too often, before it does any work. */
export const LimitedBy = (limit: RouteLimit): MethodDecorator =>
  applyDecorators(SetMetadata(LIMITED_BY, limit), UseGuards(RateLimitGuard));
