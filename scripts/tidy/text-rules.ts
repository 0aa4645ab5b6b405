// Rules that need no syntax tree: names of files, open markers in comments, titles and links of
// the pages.

import { posix } from 'node:path';
import { type Finding, isCode, type TidyFile, type TidyRule } from './tidy-file.ts';

const isMarkdown = (path: string): boolean => path.endsWith('.md');

const bucketNames: readonly string[] = [
  ...['util', 'utils', 'helper', 'helpers', 'lib', 'common', 'misc'],
  ...['type', 'types', 'interfaces', 'index'],
];

export const noBucketNames: TidyRule = {
  name: 'no-bucket-names',
  remedy: 'name the folder or file after the step or role it holds',
  appliesTo: (path) => isCode(path) || path.endsWith('.lua'),
  check: ({ path }) => {
    const parts = path.split('/').map((part) => part.split('.')[0] ?? '');
    const bucket = parts.find((part) => bucketNames.includes(part));
    return bucket === undefined ? [] : [{ line: 1, text: `${bucket} in ${path}` }];
  },
};

/** Comments with the line they start on; in files without a syntax tree, the lines themselves. */
function commentsOf(file: TidyFile): readonly Finding[] {
  if (file.syntax === null) return file.lines.map((text, index) => ({ line: index + 1, text }));
  return file.syntax.comments.map(({ value, start }) => ({
    line: file.lineAt(start),
    text: value,
  }));
}

const openMarker = /\b(TODO|FIXME|XXX|HACK)\b(?!\s*\(#?\d+\))/;

export const numberedTodos: TidyRule = {
  name: 'numbered-todos',
  remedy: 'do it now, or write `TODO(#12)` with the number of an issue or decision',
  appliesTo: (path) => isCode(path) || /\.(lua|sh)$/.test(path),
  check: (file) =>
    commentsOf(file)
      .filter(({ text }) => openMarker.test(text))
      .map(({ line, text }) => ({ line, text: text.trim() })),
};

/** The lines of a page with fenced code and code spans blanked, so that columns stay. */
function proseLines(file: TidyFile): readonly string[] {
  let fence: string | null = null;
  return file.lines.map((line) => {
    const mark = /^\s*(```+|~~~+)/.exec(line)?.[1] ?? null;
    if (fence !== null) {
      if (mark?.startsWith(fence) === true) fence = null;
      return '';
    }
    fence = mark;
    return mark === null ? line.replace(/`[^`]*`/g, '') : '';
  });
}

export const oneTitle: TidyRule = {
  name: 'one-title',
  remedy: 'give the page exactly one `# Title`',
  appliesTo: isMarkdown,
  check: (file) => {
    const titles = proseLines(file).flatMap((line, index) =>
      /^# \S/.test(line) ? [index + 1] : [],
    );
    if (titles.length === 1) return [];
    return [{ line: titles[1] ?? 1, text: `${titles.length} titles` }];
  },
};

const outsideAddress = /^([a-z][a-z0-9+.-]*:|#|\/\/)/i;

export const linksExist: TidyRule = {
  name: 'links-exist',
  remedy: 'point the link at a file that exists',
  appliesTo: isMarkdown,
  check: (file, repository) =>
    proseLines(file).flatMap((line, index) =>
      [...line.matchAll(/\]\(\s*<?([^)\s>]+)[^)]*\)/g)]
        .map((match) => match[1] ?? '')
        .filter((target) => !outsideAddress.test(target))
        .map((target) => decodeURI(target.split('#')[0] ?? ''))
        .filter((target) => {
          const folder = target.startsWith('/') ? '.' : posix.dirname(file.path);
          return !repository.has(posix.join(folder, target));
        })
        .map((target) => ({ line: index + 1, text: target })),
    ),
};
