import 'reflect-metadata';
import { plainToInstance } from 'class-transformer';
import { validateSync } from 'class-validator';
import fc from 'fast-check';
import { CheckBulkDto, CheckDto } from './dto/check.dto.js';
import { isCheck, isCheckBulk } from './read-check.js';

const OPTIONS = { whitelist: true, forbidNonWhitelisted: true, forbidUnknownValues: true, stopAtFirstError: true };
const GOOD = { subject: '0198f000-0000-7000-8000-000000000000', permission: 'drift:read' };

/** What the ordinary pipe makes of a body; undefined when it refuses it. */
function byDecorators<T extends object>(dto: new () => T, body: unknown): T | undefined {
  if (typeof body !== 'object' || body === null || Array.isArray(body)) return undefined;
  const instance = plainToInstance(dto, body);
  return validateSync(instance, OPTIONS).length === 0 ? instance : undefined;
}

const odd = fc.oneof(fc.constant(null), fc.boolean(), fc.double(), fc.string(), fc.constant([]), fc.constant({}));
const subject = fc.oneof(
  { weight: 40, arbitrary: fc.uuid() },
  fc.uuid().map((id) => id.toUpperCase()),
  fc.uuid().map((id) => `${id}\n`),
  odd,
);
const permission = fc.oneof({ weight: 40, arbitrary: fc.string({ maxLength: 110 }) }, odd);
const segment = fc.oneof(
  { weight: 40, arbitrary: fc.constantFrom('a', 'b.c', '~', 'tenants') },
  fc.constantFrom('..', '.', '', 'a b', 'x'.repeat(65)),
);
const scope = fc.oneof(
  { weight: 40, arbitrary: fc.array(segment, { maxLength: 12 }).map((segments) => `/${segments.join('/')}`) },
  fc.constant('/'),
  odd,
);
const atLeast = fc.oneof({ weight: 40, arbitrary: fc.nat() }, fc.integer(), fc.double(), fc.constant(2 ** 60), odd);
const question = fc.oneof(
  { weight: 40, arbitrary: fc.record({ subject, permission, scope }, { requiredKeys: ['subject', 'permission'] }) },
  fc.record({ subject, permission, scope, more: odd }, { requiredKeys: [] }),
);
const check = fc.record(
  { subject, permission, scope, atLeast, more: odd },
  { requiredKeys: ['subject', 'permission'] },
);
const side = (member: fc.Arbitrary<unknown>) =>
  fc.oneof({ weight: 40, arbitrary: fc.array(member, { minLength: 1, maxLength: 3 }) }, fc.array(member), odd);
const matrix = fc.oneof(
  {
    weight: 40,
    arbitrary: fc.record(
      { subjects: side(subject), permissions: side(permission), scopes: side(scope) },
      { requiredKeys: ['subjects', 'permissions'] },
    ),
  },
  fc.record(
    { subjects: side(subject), permissions: side(permission), scopes: side(scope), more: odd },
    { requiredKeys: [] },
  ),
  odd,
);
const bulkMatrix = fc.record({ matrix, atLeast }, { requiredKeys: ['matrix'] });
const both = fc.record({ matrix, checks: fc.constantFrom([], [GOOD], null), atLeast }, { requiredKeys: [] });
const bulk = fc.record(
  { checks: fc.oneof({ weight: 40, arbitrary: fc.array(question, { maxLength: 4 }) }, odd), atLeast, more: odd },
  { requiredKeys: ['checks'] },
);

describe('the short way of bodies past class-validator', () => {
  it('accepts nothing that the decorators refuse or change', () => {
    let accepted = 0;
    fc.assert(
      fc.property(fc.oneof({ weight: 40, arbitrary: check }, odd), (body) => {
        if (!isCheck(body)) return;
        accepted++;
        expect({ ...byDecorators(CheckDto, body) }).toEqual(body);
      }),
      { numRuns: 3000 },
    );
    expect(accepted).toBeGreaterThan(30);
  });

  it.each([
    ['listed', bulk],
    ['as a matrix', bulkMatrix],
    ['perhaps both', both],
  ])('nor in bulk, %s', (_how, bodies) => {
    let accepted = 0;
    fc.assert(
      fc.property(fc.oneof({ weight: 40, arbitrary: bodies }, odd), (body) => {
        if (!isCheckBulk(body)) return;
        accepted++;
        expect(JSON.parse(JSON.stringify(byDecorators(CheckBulkDto, body)))).toEqual(JSON.parse(JSON.stringify(body)));
      }),
      { numRuns: 3000 },
    );
    expect(accepted).toBeGreaterThan(10);
  });

  it.each([
    GOOD,
    { ...GOOD, scope: '/' },
    { ...GOOD, scope: '/tenants/0198f000-0000-7000-8000-000000000000/apps/a', atLeast: 7 },
  ])('is open to the ordinary body %j', (body) => {
    expect(isCheck(body)).toBe(true);
    const { atLeast: revision, ...asked } = { atLeast: 1, ...body };
    expect(isCheckBulk({ checks: [asked, asked], atLeast: revision })).toBe(true);
    const matrix = { subjects: [body.subject], permissions: [body.permission] };
    expect(isCheckBulk({ matrix, atLeast: revision })).toBe(true);
    expect(isCheckBulk({ matrix: { ...matrix, scopes: ['/', '/tenants/t'] } })).toBe(true);
  });

  it('is closed to more questions than there may be', () => {
    const checks = Array.from({ length: 10_000 }, () => GOOD);
    expect([isCheckBulk({ checks }), isCheckBulk({ checks: [...checks, GOOD] }), isCheckBulk({ checks: [] })]).toEqual([
      true,
      false,
      false,
    ]);
  });

  it.each([
    [10, 100, 100, true],
    [10, 100, 101, false],
    [10_000, 10, 1, true],
    [10_001, 1, 1, false],
    [1, 10_001, 1, false],
    [0, 1, 1, false],
    [1, 1, 0, false],
  ])('and, as the decorators are, to a matrix with too many answers or none: %i x %i x %i', (s, p, c, isGood) => {
    const matrix = {
      subjects: Array.from({ length: s }, () => GOOD.subject),
      permissions: Array.from({ length: p }, () => GOOD.permission),
      scopes: Array.from({ length: c }, () => '/'),
    };
    expect(isCheckBulk({ matrix })).toBe(isGood);
    expect(byDecorators(CheckBulkDto, { matrix }) !== undefined).toBe(isGood);
  });

  it.each([null, [], {}, 'x', 7, [{ subjects: [GOOD.subject], permissions: [GOOD.permission] }]])(
    'and no %j passes for a matrix, neither way',
    (matrix) => {
      expect(isCheckBulk({ matrix })).toBe(false);
      expect(byDecorators(CheckBulkDto, { matrix })).toBeUndefined();
    },
  );
});
