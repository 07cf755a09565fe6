import { runWithContext } from '../kernel/context/request-context.js';
import { createLogger } from './logger.js';

function linesOf(work: (logger: ReturnType<typeof createLogger>) => void): Record<string, unknown>[] {
  const lines: string[] = [];
  work(createLogger('info', { write: (line: string) => void lines.push(line) }));
  return lines.map((line) => JSON.parse(line) as Record<string, unknown>);
}

describe('the log', () => {
  it('carries request and trace id of whatever it is written for', () => {
    const context = { requestId: 'r-1', traceId: 'a'.repeat(32), sourceAddress: null, userAgent: null };
    const [line] = linesOf((logger) => runWithContext(context, () => logger.info('hello')));
    expect(line).toMatchObject({ level: 'info', message: 'hello', requestId: 'r-1', traceId: 'a'.repeat(32) });
  });

  it.each([
    'authorization',
    'accessToken',
    'refresh_token',
    'ENTRA_CLIENT_SECRET',
    'code_verifier',
    'set-cookie',
    'password',
  ])('never holds the value of %s, at the top, one or two levels down', (name) => {
    const lines = linesOf((logger) => {
      logger.info({ [name]: 'hunter2' });
      logger.info({ headers: { [name]: 'hunter2' } });
      logger.info({ req: { headers: { [name]: 'hunter2' } } });
    });
    expect(JSON.stringify(lines)).not.toContain('hunter2');
  });

  it('cuts query strings out of error messages', () => {
    const [line] = linesOf((logger) =>
      logger.error({ err: new Error('GET https://x.test/cb?code=hunter2 failed') }, 'x'),
    );
    expect(JSON.stringify(line)).not.toContain('hunter2');
  });

  it('keeps a forged line inside one line', () => {
    const lines = linesOf((logger) => logger.info({ name: 'x\n{"level":"fatal"}' }, 'a\nb'));
    expect(lines).toHaveLength(1);
  });
});
