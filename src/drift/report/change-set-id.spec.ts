import { isUuid } from '../../kernel/ids/ids.js';
import { changeSetIdOf } from './change-set-id.js';

describe('the id of a change set', () => {
  it('is a version 8 UUID, the same for one act and another for every other', () => {
    const ids = [
      changeSetIdOf('t1', { correlationId: 'a' }),
      changeSetIdOf('t1', { correlationId: 'b' }),
      changeSetIdOf('t2', { correlationId: 'a' }),
      changeSetIdOf('t1', { report: 1, resourceType: 'user', resourceKey: 'a' }),
      changeSetIdOf('t1', { report: 2, resourceType: 'user', resourceKey: 'a' }),
    ];
    expect(new Set(ids).size).toBe(ids.length);
    expect(ids.every((id) => isUuid(id) && id[14] === '8' && '89ab'.includes(id[19] ?? ''))).toBe(true);
    expect(changeSetIdOf('t1', { correlationId: 'a' })).toBe(ids[0]);
  });
});
