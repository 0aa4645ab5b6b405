// Rules about single constructs of the language, judged node by node. Most are also lint rules;
// they stand here too because a lint rule can be switched off in a comment and these cannot.

import type { Node } from 'oxc-parser';
import type { Site } from './syntax.ts';
import { type Finding, isCode, type TidyFile, type TidyRule } from './tidy-file.ts';

type Judge = (site: Site, file: TidyFile) => string | null;

/** Runs one judgement on every node of a file. */
function judgeNodes(file: TidyFile, judge: Judge): readonly Finding[] {
  return (file.syntax?.sites ?? []).flatMap((site) => {
    const text = judge(site, file);
    return text === null ? [] : [{ line: file.lineAt(site.node.start), text }];
  });
}

export const noAny: TidyRule = {
  name: 'no-any',
  remedy: 'use `unknown` and parse it, or name the type',
  appliesTo: isCode,
  check: (file) => judgeNodes(file, ({ node }) => (node.type === 'TSAnyKeyword' ? 'any' : null)),
};

export const noNonNull: TidyRule = {
  name: 'no-non-null',
  remedy: 'handle the missing case, or say with `assert` why it cannot occur',
  appliesTo: isCode,
  check: (file) =>
    judgeNodes(file, ({ node }) => {
      if (node.type === 'TSNonNullExpression') return 'non-null assertion';
      return 'definite' in node && node.definite === true ? 'definite assignment' : null;
    }),
};

export const noEnum: TidyRule = {
  name: 'no-enum',
  remedy: 'use a union of string literals, or a module',
  appliesTo: isCode,
  check: (file) =>
    judgeNodes(file, ({ node }) => {
      if (node.type === 'TSEnumDeclaration') return 'enum';
      const isNamespace = node.type === 'TSModuleDeclaration' && node.id.type === 'Identifier';
      return isNamespace ? 'namespace' : null;
    }),
};

/** Tools that load their configuration from a default export. */
const toolConfigs: readonly string[] = ['vitest.config.ts'];

export const noDefaultExport: TidyRule = {
  name: 'no-default-export',
  remedy: 'export by name; readers and searches then see one name everywhere',
  appliesTo: (path) => isCode(path) && !toolConfigs.includes(path),
  check: (file) =>
    judgeNodes(file, ({ node }) => {
      if (node.type === 'ExportDefaultDeclaration') return 'default export';
      return node.type === 'ExportAllDeclaration' ? 'export *' : null;
    }),
};

function isConst(annotation: Node): boolean {
  return (
    annotation.type === 'TSTypeReference' &&
    annotation.typeName.type === 'Identifier' &&
    annotation.typeName.name === 'const'
  );
}

/** True when a comment stands inside the cast, on its lines, or right above it. */
function hasComment(file: TidyFile, { node, ancestors }: Site): boolean {
  const statement = ancestors.findLast(
    ({ type }) => type.endsWith('Statement') || type.endsWith('Declaration'),
  );
  const firstLines = [node, statement ?? node].map(({ start }) => file.lineAt(start));
  const lastLine = file.lineAt(node.end);
  return (file.syntax?.comments ?? []).some((comment) => {
    const startsAt = file.lineAt(comment.start);
    const endsAt = file.lineAt(comment.end - 1);
    if (startsAt >= file.lineAt(node.start) && startsAt <= lastLine) return true;
    return firstLines.some((line) => endsAt === line - 1);
  });
}

export const castComment: TidyRule = {
  name: 'cast-comment',
  remedy: 'parse or narrow instead; if the cast must stay, say why on this or the previous line',
  appliesTo: isCode,
  check: (file) =>
    judgeNodes(file, (site) => {
      const { node } = site;
      if (node.type !== 'TSAsExpression' && node.type !== 'TSTypeAssertion') return null;
      if (isConst(node.typeAnnotation) || hasComment(file, site)) return null;
      return 'a cast without a reason';
    }),
};
