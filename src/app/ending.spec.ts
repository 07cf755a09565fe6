import { createLogger } from '../observability/logger.js';
import { Ending } from './ending.js';

describe('the end of a process', () => {
  it('closes everything, last opened first, also what stands behind one that fails', async () => {
    const ending = new Ending(createLogger('silent'));
    const closed: string[] = [];
    ending.closing(async () => void closed.push('database'));
    ending.closing(async () => {
      closed.push('application');
      throw new Error('it is stuck');
    });
    ending.closing(async () => void closed.push('last'));
    await expect(ending.close()).rejects.toMatchObject({ errors: [{ message: 'it is stuck' }] });
    expect(closed).toEqual(['last', 'application', 'database']);
  });
});
