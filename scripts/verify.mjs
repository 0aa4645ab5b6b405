// `npm run verify`: everything that can be judged without starting a server. CI runs the same
// steps through `npm test`. Each step is one row: what runs, and what to do when it fails.

import { spawnSync } from 'node:child_process';
import { pathToFileURL } from 'node:url';
import { bootstrap, repositoryRoot } from './bootstrap.mjs';

/**
 * @typedef {object} VerifyStep
 * @property {string} name
 * @property {string[]} args arguments for Node, the first is a path inside the repository
 * @property {string} remedy
 */

const modules = 'node_modules';
const biome = `${modules}/@biomejs/biome/bin/biome`;
const vitest = `${modules}/vitest/vitest.mjs`;
const withSources = ['--conditions=forebay-source', '--import', 'tsx'];

/** @type {VerifyStep[]} */
const steps = [
  {
    name: 'format',
    args: [biome, 'check', '--linter-enabled=false', '.'],
    remedy: 'run: npx biome check --write <paths>',
  },
  {
    name: 'lint',
    args: [biome, 'lint', '--error-on-warnings', '.'],
    remedy: 'change the code as the rule says; rules are set in biome.json',
  },
  {
    name: 'lint with types',
    args: [`${modules}/oxlint/bin/oxlint`, '--deny-warnings'],
    remedy: 'change the code as the rule says; rules are set in .oxlintrc.json',
  },
  {
    name: 'types',
    args: [`${modules}/typescript/bin/tsc`, '--build'],
    remedy: 'fix the compiler errors; tests and scripts are checked too',
  },
  {
    name: 'borders',
    args: [vitest, 'run', '--project', 'contract', 'test/contract/borders.test.ts'],
    remedy: 'move the code, or change the table in test/contract/borders.test.ts by a decision',
  },
  {
    name: 'dead code',
    args: [`${modules}/knip/bin/knip.js`, '--no-progress'],
    remedy: 'delete what nothing uses, or drop the `export` when only its own file needs it',
  },
  {
    name: 'tidy',
    args: ['--import', 'tsx', 'scripts/tidy.ts'],
    remedy: 'each line above names its remedy',
  },
  {
    name: 'generated docs',
    args: [...withSources, 'scripts/docs.ts', 'check'],
    remedy: 'run: npm run docs:generate',
  },
];

/** @type {VerifyStep} */
const unitTests = {
  name: 'unit tests',
  args: [vitest, 'run', '--project', 'unit'],
  remedy: 'run one file with: npx vitest run <path>',
};

/** @param {string} line */
function say(line) {
  process.stdout.write(`${line}\n`);
}

/**
 * @param {VerifyStep} step
 * @returns {boolean} true when the step passed
 */
function runStep(step) {
  const startedAtMs = performance.now();
  const result = spawnSync(process.execPath, step.args, { cwd: repositoryRoot, encoding: 'utf8' });
  const seconds = ((performance.now() - startedAtMs) / 1000).toFixed(1);
  if (result.status === 0) {
    say(`ok      ${step.name.padEnd(16)} ${seconds.padStart(5)} s`);
    return true;
  }
  say(`${result.stdout ?? ''}${result.stderr ?? ''}${result.error?.message ?? ''}`.trimEnd());
  say(`FAILED  ${step.name.padEnd(16)} ${seconds.padStart(5)} s`);
  say(`        ${step.remedy}`);
  return false;
}

/**
 * Runs the checks one after the other.
 * @param {{ includeUnitTests: boolean, stopAtFirstFailure: boolean }} options
 * @returns {number} how many steps failed
 */
export function verify({ includeUnitTests, stopAtFirstFailure }) {
  let failedCount = 0;
  for (const step of includeUnitTests ? [...steps, unitTests] : steps) {
    if (runStep(step)) continue;
    failedCount += 1;
    if (stopAtFirstFailure) break;
  }
  return failedCount;
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  bootstrap({ build: false });
  const failedCount = verify({ includeUnitTests: true, stopAtFirstFailure: true });
  process.exitCode = failedCount === 0 ? 0 : 1;
}
