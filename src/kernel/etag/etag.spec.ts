import { DomainError } from '../errors/domain-error.js';
import { etagOf, versionFromIfMatch } from './etag.js';

const codeOf = (header: string | undefined) => {
  try {
    versionFromIfMatch(header);
    return 'accepted';
  } catch (error) {
    return error instanceof DomainError ? error.code : 'crashed';
  }
};

describe('If-Match', () => {
  it('takes the tag that was given out', () => {
    expect(versionFromIfMatch(etagOf(7))).toBe(7);
  });

  it('is demanded, and takes no wildcard, list or weak tag', () => {
    expect(codeOf(undefined)).toBe('request.precondition_required');
    for (const header of ['*', '"1", "2"', 'W/"1"', '1', '"-1"', '"9999999999"']) {
      expect(codeOf(header)).toBe('request.precondition_failed');
    }
  });
});
