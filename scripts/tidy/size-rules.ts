// Rules about how much stands in one place: lines of a file and a function, columns, parameters.
// The numbers are ceilings, not aims; CONTRIBUTING.md says what to aim for.

import { calleeName, nodesWithin, type Site } from './syntax.ts';
import { isCode, isTestFile, type TidyFile, type TidyRule } from './tidy-file.ts';

const fileLinesMax = 400;
const testFileLinesMax = 600;
const functionLinesMax = 70;
const columnsMax = 100;
const linesWithoutHeaderMax = 80;
const parametersMax = 3;

const isCodeOrLua = (path: string): boolean => isCode(path) || path.endsWith('.lua');

function lineCount(file: TidyFile): number {
  return file.text.endsWith('\n') ? file.lines.length - 1 : file.lines.length;
}

export const fileLength: TidyRule = {
  name: 'file-length',
  remedy: `split by idea: at most ${fileLinesMax} lines, ${testFileLinesMax} in a test file`,
  appliesTo: isCodeOrLua,
  check: (file) => {
    const max = isTestFile(file.path) ? testFileLinesMax : fileLinesMax;
    const count = lineCount(file);
    return count <= max ? [] : [{ line: max + 1, text: `${count} lines` }];
  },
};

/** A suite is a list of tests, not an algorithm: its tests are measured, not the list. */
function holdsTests({ node }: Site): boolean {
  return nodesWithin(node).some(
    (inner) =>
      inner.type === 'CallExpression' &&
      /^(describe|test|it)(\.|$)/.test(calleeName(inner.callee) ?? ''),
  );
}

function isFunction({ node }: Site): boolean {
  return (
    node.type === 'FunctionDeclaration' ||
    node.type === 'FunctionExpression' ||
    node.type === 'ArrowFunctionExpression'
  );
}

export const functionLength: TidyRule = {
  name: 'function-length',
  remedy: `name the steps and extract them: at most ${functionLinesMax} lines in a function`,
  appliesTo: isCode,
  check: (file) => {
    const mayHoldTests = isTestFile(file.path) || file.path.startsWith('test/');
    return (file.syntax?.sites ?? [])
      .filter(isFunction)
      .map((site) => {
        const line = file.lineAt(site.node.start);
        return { site, line, count: file.lineAt(site.node.end - 1) - line + 1 };
      })
      .filter(({ count }) => count > functionLinesMax)
      .filter(({ site }) => !(mayHoldTests && holdsTests(site)))
      .map(({ line, count }) => ({ line, text: `a function of ${count} lines` }));
  },
};

export const lineLength: TidyRule = {
  name: 'line-length',
  remedy: `break the line: at most ${columnsMax} columns, unless it holds an address`,
  appliesTo: isCodeOrLua,
  check: (file) =>
    file.lines.flatMap((line, index) =>
      line.length > columnsMax && !/https?:\/\/\S{40}/.test(line)
        ? [{ line: index + 1, text: `${line.length} columns` }]
        : [],
    ),
};

export const fileHeader: TidyRule = {
  name: 'file-header',
  remedy: 'open the file with a comment: what it is, what it is not, its invariants by number',
  appliesTo: (path) => isCodeOrLua(path) && !isTestFile(path),
  check: (file) => {
    if (lineCount(file) <= linesWithoutHeaderMax) return [];
    const first = file.lines.find((line) => line.trim() !== '' && !line.startsWith('#!')) ?? '';
    if (/^(\/\/|\/\*|--)/.test(first)) return [];
    return [{ line: 1, text: `${lineCount(file)} lines without a header comment` }];
  },
};

/** Express tells an error handler from others by its four parameters, so a reason may be given. */
function isExcused(file: TidyFile, line: number): boolean {
  return /(max-params).* -- \S/.test(file.lines[line - 2] ?? '');
}

export const parameterCount: TidyRule = {
  name: 'parameter-count',
  remedy:
    `pass one named object: at most ${parametersMax} parameters; where a library counts them, ` +
    'put `// oxlint-disable-next-line max-params -- why` above',
  appliesTo: isCode,
  check: (file) =>
    (file.syntax?.sites ?? []).flatMap(({ node }) => {
      if (!('params' in node) || !Array.isArray(node.params)) return [];
      if (!/Function|TSMethodSignature|TSCallSignature|TSConstruct/.test(node.type)) return [];
      const line = file.lineAt(node.start);
      const isThis = (parameter: object): boolean =>
        'name' in parameter && parameter.name === 'this';
      const count = node.params.filter((parameter) => !isThis(parameter)).length;
      if (count <= parametersMax || isExcused(file, line)) return [];
      return [{ line, text: `${count} parameters` }];
    }),
};
