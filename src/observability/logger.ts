import type { LoggerService } from '@nestjs/common';
import { type DestinationStream, type Logger, pino } from 'pino';
import { currentContext } from '../kernel/context/request-context.js';
import { loggableError, loggableText, REDACTED_PATHS } from './redaction.js';

/** Injection token of the process's one logger. */
export const LOGGER = Symbol('logger');
export type { Logger };

/**
 * Structured log: one JSON object a line on standard output, with the request and trace id of whatever the code works for.
 * `error` means that somebody has to act now; what heals by itself is `warn`; a client's fault is `info`.
 */
export function createLogger(level: string, destination?: DestinationStream): Logger {
  return pino(
    {
      level,
      base: { service: 'blindspotx', pid: process.pid },
      messageKey: 'message',
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) },
      redact: { paths: REDACTED_PATHS, censor: '[redacted]' },
      serializers: { err: loggableError, error: loggableError, reason: ofOthers, detail: ofOthers },
      mixin: () => {
        const context = currentContext();
        return context === undefined ? {} : { requestId: context.requestId, traceId: context.traceId };
      },
    },
    destination ?? pino.destination({ sync: true }),
  );
}

/** Such as what a receiver answered. */
function ofOthers(value: unknown): unknown {
  return typeof value === 'string' ? loggableText(value) : value;
}

/**
 * For the one line of each request. What stands in it is named where it is written and is no secret, and looking for one in it
 * costs as much as writing it.
 */
export function requestLogger(logger: Logger): Logger {
  return logger.child({}, { redact: [] });
}

/** Where the lines of a logger go. Whole lines that are written there too stand between those of the log and tear none. */
export function logDestination(logger: Logger): DestinationStream {
  return (logger as unknown as Record<symbol, DestinationStream | undefined>)[pino.symbols.streamSym] ?? process.stdout;
}

/** Nest's own messages in the same log. Its start-up chatter is debug here. */
export class NestLogger implements LoggerService {
  constructor(private readonly logger: Logger) {}

  log(message: unknown, ...rest: unknown[]): void {
    this.write('debug', message, rest);
  }
  error(message: unknown, ...rest: unknown[]): void {
    this.write('error', message, rest);
  }
  warn(message: unknown, ...rest: unknown[]): void {
    this.write('warn', message, rest);
  }
  debug(message: unknown, ...rest: unknown[]): void {
    this.write('debug', message, rest);
  }
  verbose(message: unknown, ...rest: unknown[]): void {
    this.write('trace', message, rest);
  }
  fatal(message: unknown, ...rest: unknown[]): void {
    this.write('fatal', message, rest);
  }

  private write(level: 'debug' | 'error' | 'warn' | 'trace' | 'fatal', message: unknown, rest: unknown[]): void {
    const context = rest.at(-1);
    const error = message instanceof Error ? message : rest.find((item) => item instanceof Error);
    this.logger[level](
      { ...(typeof context === 'string' ? { context } : {}), ...(error === undefined ? {} : { err: error }) },
      loggableText(message instanceof Error ? message.message : String(message)),
    );
  }
}
