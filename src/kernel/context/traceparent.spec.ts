import { traceIdOf } from './traceparent.js';

describe('traceIdOf', () => {
  const traceId = '4bf92f3577b34da6a3ce929d0e0e4736';

  it('honours a valid traceparent', () => {
    expect(traceIdOf(`00-${traceId}-00f067aa0ba902b7-01`)).toBe(traceId);
  });

  it.each([
    undefined,
    '',
    'nonsense',
    `ff-${traceId}-00f067aa0ba902b7-01`,
    `00-${'0'.repeat(32)}-00f067aa0ba902b7-01`,
    `00-${traceId.toUpperCase()}-00f067aa0ba902b7-01`,
    `00-${traceId}\r\nx: y-00f067aa0ba902b7-01`,
  ])('makes its own for %p', (header) => {
    const own = traceIdOf(header);
    expect(own).toMatch(/^[\da-f]{32}$/);
    expect(own).not.toBe(traceId);
  });
});
