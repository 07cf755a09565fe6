import { DomainError } from '../kernel/errors/domain-error.js';
import { assertPlainInput } from './validation.js';

describe('assertPlainInput', () => {
  it.each([
    ['a NUL', { name: 'a\0b' }],
    ['half of a surrogate pair', { list: [{ name: '\uD800' }] }],
    ['a NUL in a member name', { 'a\0': 1 }],
    ['absurd nesting', Array.from({ length: 60 }).reduce<unknown>((inner) => [inner], 1)],
  ])('refuses %s', (_what, body) => {
    expect(() => assertPlainInput(body)).toThrow(DomainError);
  });

  it('names the place', () => {
    try {
      assertPlainInput({ list: ['ok', 'a\0'] });
      throw new Error('accepted');
    } catch (error) {
      expect((error as DomainError).errors[0]?.pointer).toBe('/list/1');
    }
  });

  it('accepts every whole text, numbers, null and nothing', () => {
    expect(() => assertPlainInput({ a: '𝔘ñí', b: [1, null, true], c: undefined })).not.toThrow();
  });
});
