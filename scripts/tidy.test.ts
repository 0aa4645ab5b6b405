// Every rule is shown on a snippet that it must report and on its nearest neighbour that it must
// leave alone. Snippets are judged at a path, because most rules depend on where code stands.

import { describe, expect, test } from 'vitest';
import { type Repository, readTidyFile } from './tidy/tidy-file.ts';
import { tidyRules } from './tidy/tidy-rules.ts';

const repository: Repository = { has: (path) => path === 'docs/there.md' };

/** Names of the rules that a text breaks at a path. */
function brokenRules(path: string, text: string): readonly string[] {
  return tidyRules
    .filter((rule) => rule.appliesTo(path))
    .filter((rule) => rule.check(readTidyFile(path, text), repository).length > 0)
    .map((rule) => rule.name);
}

const source = 'packages/worker/src/pool/model-pool.ts';
const unitTest = 'packages/worker/src/pool/model-pool.test.ts';
const lines = (count: number, line = 'f();'): string =>
  `// Header.\n${`${line}\n`.repeat(count - 1)}`;
const functionOf = (count: number): string =>
  `const f = () => {\n${'g();\n'.repeat(count - 2)}};\n`;

interface Example {
  readonly rule: string;
  readonly path: string;
  readonly text: string;
}

const broken: readonly Example[] = [
  { rule: 'file-length', path: source, text: lines(401) },
  { rule: 'file-length', path: unitTest, text: lines(601) },
  { rule: 'file-length', path: 'packages/shared/src/redis/lua/settle.lua', text: lines(401) },
  { rule: 'function-length', path: source, text: functionOf(71) },
  { rule: 'function-length', path: unitTest, text: functionOf(71) },
  { rule: 'line-length', path: source, text: `const a = '${'x'.repeat(100)}';\n` },
  { rule: 'file-header', path: source, text: 'f();\n'.repeat(81) },
  { rule: 'parameter-count', path: source, text: 'function f(a, b, c, d) {}' },
  { rule: 'parameter-count', path: source, text: 'interface A { f(a: 1, b: 1, c: 1, d: 1): 1 }' },
  { rule: 'parameter-count', path: source, text: '// max-params\nfunction f(a, b, c, d) {}' },
  { rule: 'no-any', path: source, text: 'let a: any;' },
  { rule: 'no-non-null', path: source, text: 'const a = b!;' },
  { rule: 'no-non-null', path: source, text: 'class A { b!: string; }' },
  { rule: 'no-enum', path: source, text: 'enum A { B }' },
  { rule: 'no-enum', path: source, text: 'namespace A { f(); }' },
  { rule: 'no-default-export', path: source, text: 'export default 1;' },
  { rule: 'no-default-export', path: source, text: "export * from './a.ts';" },
  { rule: 'cast-comment', path: source, text: 'const a = b as string;' },
  { rule: 'cast-comment', path: source, text: '// far above\n\n\nconst a = b as string;' },
  { rule: 'timers-at-home', path: source, text: 'setTimeout(f, 1);' },
  { rule: 'timers-at-home', path: source, text: 'globalThis.setInterval(f, 1);' },
  {
    rule: 'timers-at-home',
    path: source,
    text: "import { setTimeout } from 'node:timers/promises';",
  },
  { rule: 'timers-at-home', path: unitTest, text: 'setTimeout(f, 1);' },
  { rule: 'clock-at-home', path: source, text: 'const a = Date.now();' },
  { rule: 'clock-at-home', path: source, text: 'const a = new Date();' },
  { rule: 'randomness-at-home', path: source, text: 'const a = Math.random();' },
  { rule: 'randomness-at-home', path: 'test/adversarial/a.test.ts', text: 'Math.random();' },
  { rule: 'environment-at-home', path: source, text: "const a = process.env['A'];" },
  { rule: 'http-client-at-home', path: source, text: "import { request } from 'undici';" },
  { rule: 'http-client-at-home', path: source, text: "import { request } from 'node:https';" },
  { rule: 'http-client-at-home', path: source, text: "fetch('http://a');" },
  { rule: 'http-client-at-home', path: source, text: "http.request('http://a');" },
  { rule: 'unique-test-names', path: unitTest, text: "test('a', f); test('a', g);" },
  { rule: 'no-sleeping', path: unitTest, text: 'new Promise((done) => setTimeout(done, 5));' },
  {
    rule: 'no-sleeping',
    path: unitTest,
    text: 'new Promise((d) => { setTimeout(() => d(), 5); });',
  },
  { rule: 'no-sleeping', path: 'test/integration/stack.ts', text: 'await sleep(5);' },
  { rule: 'no-bucket-names', path: 'packages/api/src/utils/a.ts', text: '' },
  { rule: 'no-bucket-names', path: 'packages/api/src/http/helpers.ts', text: '' },
  { rule: 'numbered-todos', path: source, text: '// TODO: later' },
  { rule: 'numbered-todos', path: 'packages/shared/src/redis/lua/a.lua', text: '-- FIXME later' },
  { rule: 'one-title', path: 'docs/a.md', text: 'No title.\n' },
  { rule: 'one-title', path: 'docs/a.md', text: '# One\n\n# Two\n' },
  { rule: 'links-exist', path: 'docs/a.md', text: '# A\n\n[b](gone.md)\n' },
  { rule: 'links-exist', path: 'docs/a.md', text: '# A\n\n![b](../there.md "title")\n' },
];

const kept: readonly Example[] = [
  { rule: 'file-length', path: source, text: lines(400) },
  { rule: 'file-length', path: unitTest, text: lines(600) },
  { rule: 'function-length', path: source, text: functionOf(70) },
  {
    rule: 'function-length',
    path: unitTest,
    text: `describe('a', () => {\n${"test('b', f);\n".repeat(80)}});\n`,
  },
  { rule: 'line-length', path: source, text: `// https://a.example/${'x'.repeat(100)}\n` },
  { rule: 'file-header', path: source, text: lines(81) },
  { rule: 'file-header', path: unitTest, text: 'f();\n'.repeat(81) },
  { rule: 'parameter-count', path: source, text: 'function f(this: A, a: 1, b: 1, c: 1) {}' },
  {
    rule: 'parameter-count',
    path: source,
    text: '// oxlint-disable-next-line max-params -- Express counts\nfunction f(a, b, c, d) {}',
  },
  { rule: 'no-any', path: source, text: 'let any: unknown; // any' },
  { rule: 'no-non-null', path: source, text: 'const a = !b;' },
  { rule: 'no-enum', path: source, text: "declare module 'a' { interface B { c: 1 } }" },
  { rule: 'no-default-export', path: 'vitest.config.ts', text: 'export default 1;' },
  { rule: 'cast-comment', path: source, text: 'const a = [1] as const;' },
  { rule: 'cast-comment', path: source, text: 'const a = b as string; // parsed above' },
  { rule: 'cast-comment', path: source, text: '// parsed above\nconst a = f(\n  b as string,\n);' },
  {
    rule: 'timers-at-home',
    path: 'packages/shared/src/runtime/clock.ts',
    text: 'setTimeout(f, 1);',
  },
  { rule: 'timers-at-home', path: source, text: 'clock.setTimeout(f, 1);' },
  { rule: 'clock-at-home', path: source, text: 'new Date(0);' },
  { rule: 'clock-at-home', path: 'packages/simulator/src/a.ts', text: 'Date.now();' },
  { rule: 'randomness-at-home', path: source, text: 'deps.random();' },
  { rule: 'environment-at-home', path: 'test/support/a.ts', text: 'process.env;' },
  { rule: 'http-client-at-home', path: source, text: "import type { Agent } from 'undici';" },
  { rule: 'http-client-at-home', path: source, text: "import { createServer } from 'node:http';" },
  {
    rule: 'http-client-at-home',
    path: 'packages/worker/src/webhooks/egress-guard.ts',
    text: "import { Agent } from 'undici';",
  },
  { rule: 'http-client-at-home', path: unitTest, text: "fetch('http://127.0.0.1');" },
  {
    rule: 'unique-test-names',
    path: unitTest,
    text: "describe('a', () => { test('c', f); }); describe('b', () => { test('c', f); });",
  },
  { rule: 'no-sleeping', path: 'test/support/a.ts', text: 'new Promise((d) => setTimeout(d, 5));' },
  { rule: 'no-sleeping', path: unitTest, text: 'new Promise((d) => server.once("close", d));' },
  { rule: 'no-bucket-names', path: 'packages/api/src/http/route-table.ts', text: '' },
  { rule: 'numbered-todos', path: source, text: '// TODO(#12): later' },
  { rule: 'numbered-todos', path: source, text: "const a = 'TODO: later';" },
  { rule: 'one-title', path: 'docs/a.md', text: '# One\n\n```sh\n# not a title\n```\n' },
  { rule: 'links-exist', path: 'docs/a.md', text: '# A\n\n[b](there.md#part) `[c](gone.md)`\n' },
  { rule: 'links-exist', path: 'docs/a.md', text: '# A\n\n[b](https://a.example) [c](#part)\n' },
];

describe('tidy', () => {
  test.each(broken)('reports $rule at $path in: $text', ({ rule, path, text }) => {
    expect(brokenRules(path, text)).toContain(rule);
  });

  test.each(kept)('does not report $rule at $path in: $text', ({ rule, path, text }) => {
    expect(brokenRules(path, text)).not.toContain(rule);
  });

  test('shows every rule both broken and kept', () => {
    const names = tidyRules.map((rule) => rule.name);
    expect(new Set(broken.map(({ rule }) => rule))).toEqual(new Set(names));
    expect(new Set(kept.map(({ rule }) => rule))).toEqual(new Set(names));
  });

  test('names the line of a finding', () => {
    const file = readTidyFile(source, '\n\nlet a: any;\n');
    const rule = tidyRules.find(({ name }) => name === 'no-any');
    expect(rule?.check(file, repository)).toEqual([{ line: 3, text: 'any' }]);
  });
});
