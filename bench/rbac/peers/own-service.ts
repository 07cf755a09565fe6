/** Our service with one more controller: a guarded POST that does nothing, to compare a decision with. */
import 'reflect-metadata';
import { Body, Controller, HttpCode, Post } from '@nestjs/common';
import { RequirePermission } from '../../../src/access/access.decorators.js';
import { ReadsOnly } from '../../../src/access/reads-only.decorator.js';
import { AppModule } from '../../../src/app/app.module.js';
import { startService } from '../../../src/app/start-service.js';
import { AccessTokens } from '../../../src/auth/tokens/access-tokens.service.js';
import { announce, peerSettings } from '../../auth/peers/peer-process.js';

const { env, programs } = peerSettings<{ env: Record<string, string>; programs: string[] }>();

@Controller('bench')
class EmptyController {
  /** Do nothing */
  @Post('empty')
  @RequirePermission('access:check', { anyScope: true })
  @ReadsOnly()
  @HttpCode(200)
  empty(@Body() _body: object): object {
    return { allowed: true, revision: 1 };
  }
}

const original = AppModule.with.bind(AppModule);
AppModule.with = (...given) => ({ ...original(...given), controllers: [EmptyController] });
const { app, url } = await startService(env);
const tokens = app.get(AccessTokens, { strict: false });
const issued = await Promise.all(
  programs.map(async (id) => {
    const subject = { type: 'service_account' as const, serviceAccountId: id, securityStamp: 1 };
    return (await tokens.issue({ subject, clientId: id, scopes: null, dpopJkt: null })).token;
  }),
);
announce(Number(new URL(url).port), issued);
