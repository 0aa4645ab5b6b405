import { readdirSync, readFileSync } from 'node:fs';
import { posix, sep } from 'node:path';
import { parseSync } from 'oxc-parser';
import { repositoryRoot } from '../../scripts/bootstrap.mjs';

/** One import or re-export of a file. */
export interface SourceImport {
  /** Path of the importing file inside the repository. */
  readonly from: string;
  /** As written, except that a relative one is resolved to a path inside the repository. */
  readonly target: string;
  /** True when only types come in, so nothing is loaded when the program runs. */
  readonly isTypeOnly: boolean;
}

function resolveTarget(from: string, specifier: string): string {
  return specifier.startsWith('.') ? posix.join(posix.dirname(from), specifier) : specifier;
}

/** Reads the imports of one file, static, re-exported and dynamic. */
export function importsOf(path: string, text: string): readonly SourceImport[] {
  const { module } = parseSync(path, text);
  const found = [
    ...module.staticImports.map(({ moduleRequest, entries }) => ({
      specifier: moduleRequest.value,
      isTypeOnly: entries.length > 0 && entries.every(({ isType }) => isType),
    })),
    ...module.staticExports.flatMap(({ entries }) =>
      entries.flatMap(({ moduleRequest, isType }) =>
        moduleRequest === null ? [] : [{ specifier: moduleRequest.value, isTypeOnly: isType }],
      ),
    ),
    ...module.dynamicImports.map(({ moduleRequest }) => ({
      specifier: text.slice(moduleRequest.start, moduleRequest.end).replace(/^['"`]|['"`]$/g, ''),
      isTypeOnly: false,
    })),
  ];
  return found.map(({ specifier, isTypeOnly }) => ({
    from: path,
    target: resolveTarget(path, specifier),
    isTypeOnly,
  }));
}

/** Reads the imports of every TypeScript file under a folder of the repository. */
export function importsUnder(folder: string): readonly SourceImport[] {
  return readdirSync(`${repositoryRoot}/${folder}`, { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.ts'))
    .map((file) => `${folder}/${file.split(sep).join('/')}`)
    .flatMap((path) => importsOf(path, readFileSync(`${repositoryRoot}/${path}`, 'utf8')));
}

/** Reads the imports of every source file of every package. */
export function allSourceImports(): readonly SourceImport[] {
  return readdirSync(`${repositoryRoot}/packages`).flatMap((name) =>
    importsUnder(`packages/${name}/src`),
  );
}
