import { type CanActivate, type ExecutionContext, Injectable } from '@nestjs/common';
import { Settings } from '../config/settings.js';
import { equalSecrets } from '../crypto/digest.js';
import { kernelError } from '../kernel/errors/kernel.errors.js';

/** Lets in whoever holds METRICS_TOKEN. Without that setting the route doesn't exist on this port. */
@Injectable()
export class MetricsTokenGuard implements CanActivate {
  constructor(private readonly settings: Settings) {}

  canActivate(context: ExecutionContext): boolean {
    const expected = this.settings.METRICS_TOKEN;
    const { headers } = context.switchToHttp().getRequest<{ headers: { authorization?: string } }>();
    const presented = /^Bearer (.+)$/i.exec(headers.authorization ?? '')?.[1];
    if (expected === undefined || presented === undefined || !equalSecrets(presented, expected)) {
      throw kernelError('request.not_found');
    }
    return true;
  }
}
