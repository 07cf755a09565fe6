import { ConfigurationError } from '../config/load-settings.js';
import { keysError } from '../keys/keys.errors.js';
import { startComplaint } from './start-complaint.js';

describe('what a start that fails says', () => {
  it('is the sentence of an error of ours, its code and what to check, without a stack', () => {
    const error = keysError('keys.vault_unavailable', { detail: 'the key X, Decrypt: no answer. Check the way.' });
    expect(startComplaint(error)).toBe(
      'BlindspotX could not start. The key vault does not answer, or refuses (keys.vault_unavailable): ' +
        'the key X, Decrypt: no answer. Check the way.',
    );
    expect(startComplaint(keysError('keys.cannot_open'))).toBe(
      'BlindspotX could not start. A stored secret cannot be opened (keys.cannot_open).',
    );
  });

  it('lists faults of settings, and names the way out where a port is taken', () => {
    expect(startComplaint(new ConfigurationError(['PORT: must be a number']))).toContain('  - PORT: must be a number');
    const taken = Object.assign(new Error('listen EADDRINUSE :3000'), { code: 'EADDRINUSE' });
    expect(startComplaint(taken)).toMatch(/^listen EADDRINUSE :3000\. Another program .*PORT/);
  });

  it('is the whole stack of a fault that nobody foresaw', () => {
    expect(startComplaint(new TypeError('x is no function'))).toMatch(/TypeError: x is no function\n\s+at /);
    expect(startComplaint('text')).toBe('BlindspotX could not start: text');
  });
});
