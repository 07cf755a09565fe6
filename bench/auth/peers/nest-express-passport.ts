/**
 * What a Nest developer gets by default: Express, @nestjs/passport with passport-jwt, RS256 by a PEM key, and one role guard
 * that reads its metadata by Reflector.
 */
import 'reflect-metadata';
import {
  type CanActivate,
  Controller,
  type ExecutionContext,
  Get,
  Injectable,
  Module,
  SetMetadata,
  UseGuards,
} from '@nestjs/common';
import { NestFactory, Reflector } from '@nestjs/core';
import { AuthGuard, PassportStrategy } from '@nestjs/passport';
import { NestExpressApplication } from '@nestjs/platform-express';
import type { NextFunction, Request, Response } from 'express';
import { ExtractJwt, Strategy } from 'passport-jwt';
import { runWithContext } from '../../../src/kernel/context/request-context.js';
import { ANY_PORT, announce, LOOPBACK, peerSettings } from './peer-process.js';
import { contextOf, logRequest, NOBODY } from './request-log.js';

interface Settings {
  body: unknown;
  publicKeyPem: string;
  issuer: string;
}

interface Caller {
  id: string;
  roles: string[];
}

const { body, publicKeyPem, issuer } = peerSettings<Settings>();
const Roles = (...roles: string[]) => SetMetadata('roles', roles);

@Injectable()
class JwtStrategy extends PassportStrategy(Strategy) {
  constructor() {
    super({
      jwtFromRequest: ExtractJwt.fromAuthHeaderAsBearerToken(),
      secretOrKey: publicKeyPem,
      algorithms: ['RS256'],
      issuer,
      audience: issuer,
    });
  }

  validate({ sub, roles }: { sub: string; roles: string[] }): Caller {
    return { id: sub, roles };
  }
}

@Injectable()
class RolesGuard implements CanActivate {
  constructor(private readonly reflector: Reflector) {}

  canActivate(context: ExecutionContext): boolean {
    const wanted = this.reflector.getAllAndOverride<string[]>('roles', [context.getHandler(), context.getClass()]);
    const { user } = context.switchToHttp().getRequest<{ user: Caller }>();
    return wanted.some((role) => user.roles.includes(role));
  }
}

@Controller('api/v1/rbac')
class PermissionsController {
  @Get('permissions')
  @UseGuards(AuthGuard('jwt'), RolesGuard)
  @Roles('auditor')
  permissions(): unknown {
    return body;
  }
}

@Module({ controllers: [PermissionsController], providers: [JwtStrategy, RolesGuard] })
class PeerModule {}

function logRequests(request: Request, response: Response, next: NextFunction): void {
  const startedAt = performance.now();
  response.on('finish', () => {
    logRequest({
      method: request.method,
      route: request.originalUrl,
      status: response.statusCode,
      durationMs: Math.round((performance.now() - startedAt) * 10) / 10,
      sourceAddress: request.ip ?? '',
      actorId: (request.user as Caller | undefined)?.id ?? NOBODY,
    });
  });
  runWithContext(contextOf(request.ip), next);
}

const app = await NestFactory.create<NestExpressApplication>(PeerModule, { logger: false });
app.use(logRequests);
await app.listen(ANY_PORT, LOOPBACK);
announce(Number(new URL(await app.getUrl()).port));
