import { Global, Module } from '@nestjs/common';
import { RateLimitsRepository } from './rate-limits.repository.js';
import { RateLimits } from './rate-limits.service.js';

/** How much one source may ask for, over all instances. Routes say which limit holds for them with LimitedBy. */
@Global()
@Module({
  providers: [RateLimits, RateLimitsRepository],
  exports: [RateLimits],
})
export class LimitsModule {}
