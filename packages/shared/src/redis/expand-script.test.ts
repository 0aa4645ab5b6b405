import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { expandScript, withoutUnusedFunctions } from './expand-script.ts';
import { scriptKeyCounts } from './script-registry.ts';

const includes = new URL('lua/include/', import.meta.url);
const shared = readdirSync(includes).flatMap((file) =>
  definedIn(readFileSync(new URL(file, includes), 'utf8')),
);
const names = Object.keys(scriptKeyCounts);

describe('the text of a script', () => {
  test('has no function that it does not use', () => {
    const text = `local a = 1
local function one() return a end
local function two(x)
  return one() + x
end
-- unused, although three is named here
local function three()
  if a then
    return 3
  end
end
return two(1)`;
    expect(withoutUnusedFunctions(text)).toBe(`local a = 1
local function one() return a end
local function two(x)
  return one() + x
end
-- unused, although three is named here





return two(1)`);
  });

  test('loses what only an unused function uses', () => {
    const text = 'local function a() return 1 end\nlocal function b()\n  return a()\nend\nreturn 2';
    expect(withoutUnusedFunctions(text)).toBe('\n\n\n\nreturn 2');
  });

  test('keeps what a text or a field names', () => {
    const text = "local function a() return 1 end\nreturn call('a')";
    expect(withoutUnusedFunctions(text)).toBe(text);
  });

  test.each(names)('of %s keeps what it uses and nothing else', (name) => {
    const text = expandScript(name);
    const defined = definedIn(text);
    const code = text.replaceAll(/^\s*--.*$/gm, '');
    const unused = defined.filter((each) => code.split(new RegExp(`\\b${each}\\b`)).length < 3);
    const calls = new Set([...code.matchAll(/(?<![.\w])(\w+)\(/g)].map((found) => found[1]));
    const missing = shared.filter((each) => calls.has(each) && !defined.includes(each));
    expect({ unused, missing }).toEqual({ unused: [], missing: [] });
  });
});

function definedIn(text: string): string[] {
  return [...text.matchAll(/^local function (\w+)/gm)].map((found) => found[1] ?? '');
}
