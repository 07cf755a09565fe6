/** Says of a parsed body that it certainly is a valid one, in its final form. No proves nothing. */
export type BodyPredicate = (body: unknown) => boolean;

// biome-ignore lint/complexity/noBannedTypes: a DTO class, as Nest names it to its pipes.
type DtoClass = Function;

const PREDICATES = new WeakMap<DtoClass, BodyPredicate>();

/**
 * A short way past class-validator for the bodies of hot routes: what the predicate accepts must be what the decorators accept and
 * leave as it is. Whatever it doesn't accept is judged, and described to the caller, by the decorators.
 */
export const Precompiled =
  (predicate: BodyPredicate): ClassDecorator =>
  (dto) => {
    PREDICATES.set(dto, predicate);
  };

export function precompiledOf(dto: DtoClass | undefined): BodyPredicate | undefined {
  return dto === undefined ? undefined : PREDICATES.get(dto);
}
