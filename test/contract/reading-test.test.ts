// The reading test promises that the seven files answer where a job goes next. This compares its
// answers with the code, and the seven files with the list in ARCHITECTURE.md.

import { readFileSync } from 'node:fs';
import { parseSync } from 'oxc-parser';
import { describe, expect, test } from 'vitest';
import { repositoryRoot } from '../../scripts/bootstrap.mjs';

/** In the order in which they are to be read. */
const sevenFiles: readonly string[] = [
  'packages/shared/src/domain/job-state.ts',
  'packages/api/src/intake/submit-job.ts',
  'packages/shared/src/routing/plan-route.ts',
  'packages/shared/src/redis/lua/settle.lua',
  'packages/worker/src/execution/execute-job.ts',
  'packages/worker/src/dispatch/reassign-job.ts',
  'packages/worker/src/webhooks/deliver-webhook.ts',
];

interface Answer {
  readonly name: string;
  readonly file: string;
}

function read(path: string): string {
  return readFileSync(`${repositoryRoot}/${path}`, 'utf8');
}

/** The text of each numbered section of the page. */
function sectionsOf(page: string): readonly string[] {
  return page.split(/^## (?=\d+\. )/m).slice(1);
}

function answersOf(section: string): readonly Answer[] {
  return [...section.matchAll(/^Answer: `([^`]+)` in \[([^\]]+)\]\(\.\.\/([^)]+)\)\.$/gm)].map(
    ([, name = '', file = '', target]) => {
      expect(target, 'the link leads to the file that it names').toBe(file);
      return { name, file };
    },
  );
}

/** Names of the functions that a file declares at its top. */
function functionsOf(file: string): readonly string[] {
  const text = read(file);
  if (file.endsWith('.lua')) {
    return [...text.matchAll(/^local function (\w+)\(/gm)].map(([, name = '']) => name);
  }
  return parseSync(file, text).program.body.flatMap((statement) => {
    const isExport = statement.type === 'ExportNamedDeclaration';
    const declaration = isExport ? statement.declaration : statement;
    const isFunction = declaration?.type === 'FunctionDeclaration';
    return isFunction && declaration.id !== null ? [declaration.id.name] : [];
  });
}

const sections = sectionsOf(read('docs/reading-test.md'));
const answers = sections.flatMap(answersOf);

describe('the reading test', () => {
  test('asks eight questions, each with one answer', () => {
    expect(sections).toHaveLength(8);
    expect(sections.map((section) => answersOf(section).length)).toEqual(sections.map(() => 1));
  });

  test.each(answers)('is answered by $name in $file, which exists', ({ name, file }) => {
    expect(functionsOf(file)).toContain(name);
  });

  test('needs the seven files, all of them and no other', () => {
    expect(new Set(answers.map(({ file }) => file))).toEqual(new Set(sevenFiles));
  });

  test('has its files listed in reading order in ARCHITECTURE.md', () => {
    const section = read('ARCHITECTURE.md').split('## Seven files')[1]?.split('\n## ')[0] ?? '';
    const listed = [...section.matchAll(/^\d\. \[`([^`]+)`\]/gm)].map(([, file]) => file);
    expect(listed).toEqual(sevenFiles);
  });
});
