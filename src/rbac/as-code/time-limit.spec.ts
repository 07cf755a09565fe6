import { TimeLimit } from './time-limit.js';

describe('the time limit of a document', () => {
  it('lets steps pass until it is over', () => {
    const client = new AbortController();
    expect(() => new TimeLimit(60_000, client.signal).assertLeft()).not.toThrow();
    const over = new TimeLimit(0, client.signal);
    expect(over.isOver).toBe(true);
    expect(() => over.assertLeft()).toThrow(expect.objectContaining({ code: 'rbac.document_took_too_long' }));
  });

  it('ends when the client has gone', () => {
    const client = new AbortController();
    const limit = new TimeLimit(60_000, client.signal);
    client.abort();
    expect(limit.isOver).toBe(false);
    expect(() => limit.assertLeft()).toThrow(expect.objectContaining({ code: 'rbac.document_took_too_long' }));
  });
});
