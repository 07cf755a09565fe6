import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

const root = join(__dirname, '..', '..', 'src');

describe('DTOs', () => {
  it('use MayBeAbsent and not IsOptional, which lets null through unchecked', () => {
    const dtos = readdirSync(root, { recursive: true, encoding: 'utf8' }).filter((file) => file.endsWith('.dto.ts'));
    expect(dtos.length).toBeGreaterThan(20);
    expect(dtos.filter((file) => readFileSync(join(root, file), 'utf8').includes('IsOptional'))).toEqual([]);
  });

  it('are the type of a parameter by themselves: a union is an Object at run time, and nothing of it is checked', () => {
    const controllers = readdirSync(root, { recursive: true, encoding: 'utf8' }).filter((file) =>
      file.endsWith('.controller.ts'),
    );
    expect(controllers.length).toBeGreaterThan(15);
    const unions = controllers.flatMap((file) =>
      [...readFileSync(join(root, file), 'utf8').matchAll(/@(?:Body|Query)\(\) \w+: \w+ \|/g)].map(
        ([text]) => `${file}: ${text}`,
      ),
    );
    expect(unions).toEqual([]);
  });
});
