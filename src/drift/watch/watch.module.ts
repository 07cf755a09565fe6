import { Module } from '@nestjs/common';
import { IgnoreRulesRepository } from '../decisions/ignore-rules.repository.js';
import { RuleOverridesRepository } from '../overrides/rule-overrides.repository.js';
import { ChangeWindowsRepository } from '../windows/change-windows.repository.js';
import { WatchSourceRepository } from './watch-source.repository.js';
import { WatchSource } from './watch-source.service.js';

/**
 * How a tenant is watched, as configuration. By itself and not in DriftModule, because what drift collects of this service is put together
 * above it.
 */
@Module({
  providers: [
    WatchSource,
    WatchSourceRepository,
    RuleOverridesRepository,
    IgnoreRulesRepository,
    ChangeWindowsRepository,
  ],
  exports: [WatchSource],
})
export class WatchModule {}
