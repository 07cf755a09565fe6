import { HttpException } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import { TreeRefused } from '../audit/seal/tree-refused.js';
import { TreeDamaged } from '../crypto/merkle/tiles.js';
import { asDomainError } from './problem.filter.js';

const request = { routeOptions: { bodyLimit: 10, config: {} } } as unknown as FastifyRequest;

describe('what leaves as a problem', () => {
  it.each([
    ['a tree that is refused', new TreeRefused('row 7 of audit_trees')],
    ['a tree that has holes', new TreeDamaged({ level: 0, index: 7 }, 3)],
  ])('says of %s that the log is refused, and why only to the log of the service', (_what, thrown) => {
    const error = asDomainError(thrown, request);
    expect(error).toMatchObject({ code: 'audit.log_refused', kind: 'unavailable', cause: thrown });
    expect(error?.detail).not.toContain('7');
  });

  it('has what Fastify says where Nest wraps it', () => {
    const fault = Object.assign(new Error('Body cannot be this'), { code: 'FST_ERR_CTP_SOMETHING' });
    const wrapped = new HttpException(fault.message, 400, { cause: fault });
    expect(asDomainError(wrapped, request)).toMatchObject({ code: 'request.invalid', detail: 'Body cannot be this' });
    expect(asDomainError(new HttpException('of our own', 400), request)?.detail).toBeUndefined();
  });

  it('is no problem of the client when it is ours', () => {
    expect(asDomainError(new Error('x'), request)).toBeUndefined();
    expect(asDomainError(new HttpException('x', 500), request)).toBeUndefined();
  });
});
