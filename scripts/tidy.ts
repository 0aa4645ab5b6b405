// Reads every file of the repository and reports what breaks a rule of scripts/tidy/. The other
// linters judge code inside a file; this one holds the numbers and homes that only we know.

import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { repositoryRoot } from './bootstrap.mjs';
import { type Repository, readTidyFile } from './tidy/tidy-file.ts';
import { tidyRules } from './tidy/tidy-rules.ts';

const skippedFolders: readonly string[] = [
  ...['node_modules', 'dist', '.git', '.forebay', 'coverage', '__fixtures__'],
];

function filesUnder(folder: string): readonly string[] {
  return readdirSync(join(repositoryRoot, folder), { withFileTypes: true }).flatMap((entry) => {
    if (skippedFolders.includes(entry.name)) return [];
    const path = folder === '' ? entry.name : `${folder}/${entry.name}`;
    return entry.isDirectory() ? filesUnder(path) : [path];
  });
}

const repository: Repository = { has: (path) => existsSync(join(repositoryRoot, path)) };

/** @returns one line per finding */
function findProblems(path: string): readonly string[] {
  const rules = tidyRules.filter((rule) => rule.appliesTo(path));
  if (rules.length === 0) return [];
  const file = readTidyFile(path, readFileSync(join(repositoryRoot, path), 'utf8'));
  return rules.flatMap((rule) =>
    rule
      .check(file, repository)
      .map(({ line, text }) => `${path}:${line} ${rule.name}: ${text} -- ${rule.remedy}`),
  );
}

const problems = filesUnder('').flatMap(findProblems);
for (const problem of problems) process.stdout.write(`${problem}\n`);
if (problems.length > 0) {
  process.stdout.write(`tidy: ${problems.length} problems\n`);
  process.exitCode = 1;
}
