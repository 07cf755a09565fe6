import 'reflect-metadata';
import { Type } from 'class-transformer';
import { IsString, IsUUID, ValidateNested } from 'class-validator';
import { MayBeAbsent } from '../validation/may-be-absent.decorator.js';
import { canonicaliseIds } from './canonical-ids.js';
import { IdPipe } from './id.pipe.js';

const SMALL = '0198f000-0000-7000-8abc-00000000abcd';
const CAPITALS = SMALL.toUpperCase();

class Inner {
  @IsUUID('loose')
  id: string;
}

class Outer extends Inner {
  @MayBeAbsent()
  @IsUUID('loose', { each: true })
  ids?: string[];

  @IsString()
  text: string;

  @ValidateNested({ each: true })
  @Type(() => Inner)
  inners: Inner[];
}

describe('ids have one form', () => {
  it('in a DTO, wherever they stand, inherited and nested ones too; texts stay as they are', () => {
    const dto = Object.assign(new Outer(), {
      id: CAPITALS,
      ids: [CAPITALS, SMALL],
      text: CAPITALS,
      inners: [Object.assign(new Inner(), { id: CAPITALS })],
    });
    canonicaliseIds(dto);
    expect(dto).toEqual({ id: SMALL, ids: [SMALL, SMALL], text: CAPITALS, inners: [{ id: SMALL }] });
  });

  it('and what is absent, or no DTO, is left alone', () => {
    const dto = Object.assign(new Outer(), { id: SMALL, text: '', inners: [] });
    for (const value of [dto, null, undefined, CAPITALS, Object.assign(Object.create(null), { id: CAPITALS })]) {
      const before = JSON.stringify(value);
      canonicaliseIds(value);
      expect(JSON.stringify(value)).toBe(before);
    }
  });

  it('in a path, which takes nothing else', () => {
    const pipe = new IdPipe();
    expect(pipe.transform(CAPITALS)).toBe(SMALL);
    for (const value of ['', 'me', `${SMALL}0`, `{${SMALL}}`, SMALL.replaceAll('-', ''), undefined]) {
      expect(() => pipe.transform(value)).toThrow(expect.objectContaining({ code: 'request.invalid' }));
    }
  });
});
