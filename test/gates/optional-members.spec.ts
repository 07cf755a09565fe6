import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

const root = join(__dirname, '..', '..', 'src');

describe('DTOs', () => {
  it('use MayBeAbsent and not IsOptional, which lets null through unchecked', () => {
    const dtos = readdirSync(root, { recursive: true, encoding: 'utf8' }).filter((file) => file.endsWith('.dto.ts'));
    expect(dtos.length).toBeGreaterThan(20);
    expect(dtos.filter((file) => readFileSync(join(root, file), 'utf8').includes('IsOptional'))).toEqual([]);
  });
});
