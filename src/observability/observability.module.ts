import { type DynamicModule, Module } from '@nestjs/common';
import { PrometheusModule } from '@willsoto/nestjs-prometheus';
import { register } from 'prom-client';
import { LOGGER, type Logger } from './logger.js';
import { MetricsController } from './metrics.controller.js';
import { metricProviders } from './metrics.js';
import { MetricsServer } from './metrics-server.js';
import { MetricsTokenGuard } from './metrics-token.guard.js';

/** The log, the metrics and how they are read. */
@Module({})
export class ObservabilityModule {
  static with(logger: Logger): DynamicModule {
    return {
      module: ObservabilityModule,
      global: true,
      imports: [
        PrometheusModule.register({
          path: '/metrics',
          controller: MetricsController,
          // The registry is the process's: a second application in one process (tests) must not register them again.
          defaultMetrics: { enabled: register.getSingleMetric('process_cpu_seconds_total') === undefined },
        }),
      ],
      providers: [{ provide: LOGGER, useValue: logger }, MetricsServer, MetricsTokenGuard, ...metricProviders],
      exports: [LOGGER, PrometheusModule, ...metricProviders],
    };
  }
}
