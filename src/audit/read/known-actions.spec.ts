import { DomainError } from '../../kernel/errors/domain-error.js';
import { defineAuditActions } from '../audit.types.js';
import { assertKnownAction } from './known-actions.js';

defineAuditActions({
  'orchard.tree.planted': 'A tree was planted',
  'orchard.tree.felled': 'A tree was felled',
  'orchard.apple.eaten': 'An apple was eaten',
});

describe('a filter by action', () => {
  const refusal = (filter: Parameters<typeof assertKnownAction>[0]) => {
    try {
      assertKnownAction(filter);
      return null;
    } catch (error) {
      return error instanceof DomainError ? [error.code, error.detail] : error;
    }
  };

  it.each([{}, { action: 'orchard.tree.felled' }, { actionPrefix: 'orchard.' }, { actionPrefix: 'orchard.apple.' }])(
    'takes what there is: %j',
    (filter) => {
      expect(refusal(filter)).toBeNull();
    },
  );

  it.each([
    [{ action: 'orchard.tree.planned' }, 'is orchard.tree.planned. Nearest: orchard.tree.planted,'],
    [{ actionPrefix: 'orchards.' }, 'is orchards.*. Nearest: orchard.*,'],
    [{ actionPrefix: 'orchard.apples.' }, 'is orchard.apples.*. Nearest: orchard.apple.*,'],
    // The beginning of a name is no part of it.
    [{ actionPrefix: 'orchard.app.' }, 'Nearest: orchard.apple.*,'],
  ])('refuses %j and names the nearest first', (filter, detail) => {
    expect(refusal(filter)).toEqual(['audit.unknown_action', expect.stringContaining(detail)]);
  });
});
