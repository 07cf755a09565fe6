import { type CallHandler, type ExecutionContext, Injectable, type NestInterceptor } from '@nestjs/common';
import { from, map, mergeMap, type Observable } from 'rxjs';
import { ChangeFeed } from './change-feed.service.js';

/**
 * Holds an answer back until this instance itself knows of what it says: whoever is told that something ended must not meet it
 * alive at the next call.
 */
@Injectable()
export class SettledInterceptor implements NestInterceptor {
  constructor(private readonly feed: ChangeFeed) {}

  intercept(_context: ExecutionContext, next: CallHandler): Observable<unknown> {
    return next.handle().pipe(mergeMap((value) => from(this.feed.settled()).pipe(map(() => value as unknown))));
  }
}
