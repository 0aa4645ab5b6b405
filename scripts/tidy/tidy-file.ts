import { parseSyntax, type Syntax } from './syntax.ts';

/** A file as the rules see it. */
export interface TidyFile {
  /** Path inside the repository, with forward slashes. */
  readonly path: string;
  readonly text: string;
  readonly lines: readonly string[];
  /** Null for files that are not TypeScript or JavaScript. */
  readonly syntax: Syntax | null;
  /** One-based line of a text offset. */
  lineAt(offset: number): number;
}

/** One place that breaks a rule. */
export interface Finding {
  /** One-based. */
  readonly line: number;
  readonly text: string;
}

/** Answers about other files that a rule may ask for. */
export interface Repository {
  /** Whether a file or folder exists at a path inside the repository. */
  has(path: string): boolean;
}

/** One thing that tidy insists on. */
export interface TidyRule {
  readonly name: string;
  /** What to do instead, in one sentence. */
  readonly remedy: string;
  appliesTo(path: string): boolean;
  check(file: TidyFile, repository: Repository): readonly Finding[];
}

const codeEnding = /\.(ts|mts|mjs|js|tsx)$/;

/** TypeScript and JavaScript, the files that have a syntax tree here. */
export function isCode(path: string): boolean {
  return codeEnding.test(path);
}

/** Files that hold tests. What only supports tests is held to the rules of other code. */
export function isTestFile(path: string): boolean {
  return /\.test\.[a-z]+$/.test(path);
}

/** True when the path stands in one of the given folders or is one of the given files. */
export function isUnder(path: string, places: readonly string[]): boolean {
  return places.some((place) => path === place || path.startsWith(place));
}

function lineStarts(lines: readonly string[]): readonly number[] {
  let start = 0;
  return lines.map((line) => {
    const own = start;
    start += line.length + 1;
    return own;
  });
}

/** Reads a file's text into the form that rules take. */
export function readTidyFile(path: string, text: string): TidyFile {
  const lines = text.split('\n');
  const starts = lineStarts(lines);
  return {
    path,
    text,
    lines,
    syntax: isCode(path) ? parseSyntax(path, text) : null,
    lineAt: (offset) => {
      const next = starts.findIndex((start) => start > offset);
      return next === -1 ? starts.length : next;
    },
  };
}
