import type { EvaluatedChange } from '../evaluated-change.js';
import { ORGANISATION_FACTS } from './organisation-facts.js';

const NARROW = { permissionType: 'delegated', permissions: ['a'] };
const WIDE = { permissionType: 'application', permissions: ['all'] };
const many = (last: object) => [...Array.from({ length: 150_000 }, () => NARROW), last];

test.each([
  [many(NARROW), many(WIDE), true],
  [many(WIDE), many(WIDE), false],
  [[], [], false],
])('consent conditions are as wide as the widest of any number (%#)', (before, after, expected) => {
  const change = { before, after } as never as EvaluatedChange;
  expect(ORGANISATION_FACTS['consent-conditions-wider'](change)).toBe(expected);
});
