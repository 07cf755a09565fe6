import { isISO8601, ValidateBy } from 'class-validator';

/**
 * A text that names an instant, and from which `new Date` makes one. ISO 8601 alone also knows weeks and days of a year, which
 * become a Date that is none.
 */
export const IsInstant = (): PropertyDecorator =>
  ValidateBy({
    name: 'isIso8601',
    validator: {
      validate: (value: unknown) =>
        typeof value === 'string' &&
        isISO8601(value, { strict: true, strictSeparator: true }) &&
        !Number.isNaN(Date.parse(value)),
      defaultMessage: () => '$property must be a date and a time, such as 2026-01-31T12:00:00Z',
    },
  });
