import { Controller, Get, Post } from '@nestjs/common';
import { Test } from '@nestjs/testing';
import { Authenticated, Public, RequirePermission } from './access.decorators.js';
import { AccessModule } from './access.module.js';
import { RoutePolicies } from './route-policies.js';

@Controller('rooms')
@RequirePermission('drift:read')
class DeclaredController {
  @Get()
  list() {}

  @Post(':id')
  @Authenticated()
  create() {}

  @Get('open')
  @Public('a test')
  open() {}
}

@Controller('forgotten')
class ForgottenController {
  @Get()
  list() {}
}

const start = async (controller: new () => object) => {
  const module = await Test.createTestingModule({ imports: [AccessModule], controllers: [controller] }).compile();
  await module.init();
  return module;
};

describe('RoutePolicies', () => {
  it('knows what each route demands; a handler says more than its controller', async () => {
    const module = await start(DeclaredController);
    const policies = module.get(RoutePolicies);
    expect(policies.of(DeclaredController.prototype.list)).toEqual({ kind: 'permission', permission: 'drift:read' });
    expect(policies.of(DeclaredController.prototype.create)).toEqual({ kind: 'authenticated' });
    expect(policies.list().map(({ method, paths }) => `${method} ${paths.join()}`)).toEqual([
      'GET /rooms',
      'POST /rooms/:id',
      'GET /rooms/open',
    ]);
    await module.close();
  });

  it('stops the start of an application with a route that declares nothing', async () => {
    await expect(start(ForgottenController)).rejects.toThrow(/ForgottenController\.list/);
  });

  it('knows nothing of a handler that is no route: undefined, which means deny', async () => {
    const module = await start(DeclaredController);
    expect(module.get(RoutePolicies).of(() => {})).toBeUndefined();
    await module.close();
  });
});
