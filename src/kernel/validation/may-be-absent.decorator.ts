import { ValidateIf } from 'class-validator';

/**
 * The member may be left out, and is checked when it is there. class-validator's own IsOptional also lets `null` through
 * unchecked, which then reaches code and columns that have no place for it.
 */
export const MayBeAbsent = (): PropertyDecorator => ValidateIf((_object, value: unknown) => value !== undefined);
