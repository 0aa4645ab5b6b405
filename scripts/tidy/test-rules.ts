import type { Node } from 'oxc-parser';
import { calleeName, nodesWithin, type Site } from './syntax.ts';
import { isCode, isTestFile, isUnder, type TidyFile, type TidyRule } from './tidy-file.ts';

/** The title of a `test` or `describe` call as written in the source, or null for other nodes. */
function titleOf(node: Node, kinds: RegExp, file: TidyFile): string | null {
  if (node.type !== 'CallExpression' || !kinds.test(calleeName(node.callee) ?? '')) return null;
  const [title, body] = node.arguments;
  if (title === undefined || body === undefined) return null;
  if (title.type !== 'Literal' && title.type !== 'TemplateLiteral') return null;
  return file.text.slice(title.start + 1, title.end - 1);
}

const suites = /^describe(\.|$)/;
const tests = /^(test|it)(\.|$)/;

function fullTitle({ node, ancestors }: Site, file: TidyFile): string | null {
  const own = titleOf(node, tests, file);
  if (own === null) return null;
  const outer = ancestors.map((ancestor) => titleOf(ancestor, suites, file));
  return [...outer.filter((title) => title !== null), own].join(' > ');
}

export const uniqueTestNames: TidyRule = {
  name: 'unique-test-names',
  remedy: 'say in each name what only this test shows',
  appliesTo: isTestFile,
  check: (file) => {
    const seen = new Set<string>();
    return (file.syntax?.sites ?? []).flatMap((site) => {
      const title = fullTitle(site, file);
      if (title === null) return [];
      const isRepeated = seen.has(title);
      seen.add(title);
      return isRepeated ? [{ line: file.lineAt(site.node.start), text: `again: ${title}` }] : [];
    });
  },
};

/** `new Promise((resolve) => setTimeout(resolve, …))` in any spelling. */
function isTimerPromise(node: Node): boolean {
  if (node.type !== 'NewExpression' || calleeName(node.callee) !== 'Promise') return false;
  const [executor] = node.arguments;
  if (executor?.type !== 'ArrowFunctionExpression' && executor?.type !== 'FunctionExpression') {
    return false;
  }
  const resolve = executor.params[0];
  if (resolve?.type !== 'Identifier') return false;
  return nodesWithin(executor).some((inner) => {
    if (inner.type !== 'CallExpression' || calleeName(inner.callee) !== 'setTimeout') return false;
    const [wake] = inner.arguments;
    return (
      wake !== undefined &&
      nodesWithin(wake).some((used) => used.type === 'Identifier' && used.name === resolve.name)
    );
  });
}

function sleepIn(node: Node): string | null {
  if (isTimerPromise(node)) return 'a promise that a timer resolves';
  if (node.type === 'ImportDeclaration' && node.source.value === 'node:timers/promises') {
    return 'import of node:timers/promises';
  }
  const isSleep = node.type === 'CallExpression' && calleeName(node.callee) === 'sleep';
  return isSleep ? 'sleep()' : null;
}

export const noSleeping: TidyRule = {
  name: 'no-sleeping',
  remedy: 'wait for the condition itself, with a bound, through test/support',
  appliesTo: (path) =>
    isCode(path) &&
    (isTestFile(path) || isUnder(path, ['test/'])) &&
    !isUnder(path, ['test/support/']),
  check: (file) =>
    (file.syntax?.sites ?? []).flatMap(({ node }) => {
      const text = sleepIn(node);
      return text === null ? [] : [{ line: file.lineAt(node.start), text }];
    }),
};
