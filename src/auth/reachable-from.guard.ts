import {
  applyDecorators,
  type CanActivate,
  type ExecutionContext,
  Injectable,
  SetMetadata,
  UseGuards,
} from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import { authError } from './auth.errors.js';

/** `own-site`: programs and pages of ours. `navigations`: whatever opens in a window of its own. */
type Reach = 'own-site' | 'navigations';

const REACH = Symbol('reachable-from');

/**
 * Keeps pages of other sites from making a visitor's browser use up what the visitor's address may do, with images and forms
 * that nobody sees (W3C Fetch Metadata; programs send none of it). Runs before anything is counted.
 */
@Injectable()
class ReachableFromGuard implements CanActivate {
  /** @throws DomainError auth.cross_site */
  canActivate(context: ExecutionContext): boolean {
    const reach = Reflect.getMetadata(REACH, context.getHandler()) as Reach;
    const { headers } = context.getArgByIndex<FastifyRequest>(0);
    const { 'sec-fetch-site': site, 'sec-fetch-dest': destination } = headers;
    const isForeign = site === 'cross-site' || site === 'same-site';
    const isWindow = destination === undefined || destination === 'document';
    if (isForeign && !(reach === 'navigations' && isWindow)) {
      throw authError('auth.cross_site', { detail: 'A page of another site asked for this.' });
    }
    return true;
  }
}

/** To be written below LimitedBy, which it has to come before: guards run from the bottom up. */
export const ReachableFrom = (reach: Reach): MethodDecorator =>
  applyDecorators(SetMetadata(REACH, reach), UseGuards(ReachableFromGuard));
