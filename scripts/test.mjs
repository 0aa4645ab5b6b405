// `npm test`: set-up, the checks of `verify`, then every test. With paths as arguments only the
// tests at these paths run. The last line is alone on its line: `N passed, N failed`.

import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { bootstrap, repositoryRoot } from './bootstrap.mjs';
import { chromium, ensureProgram, redisServer, zsh } from './system-packages.mjs';
import { addTallies, formatTally, tallyReport } from './test-tally.mjs';
import { verify } from './verify.mjs';

/** @param {string} line */
function say(line) {
  process.stdout.write(`forebay: ${line}\n`);
}

/**
 * Ends the process with the one command to run when a program is missing.
 * @param {import('./system-packages.mjs').SystemProgram[]} programs
 */
function ensurePrograms(programs) {
  for (const program of programs) {
    const outcome = ensureProgram(program, say);
    if (outcome.kind === 'found') continue;
    say(`${program.title} is missing and cannot be installed without a password. Run:`);
    process.stdout.write(`\n  ${outcome.command}\n\n`);
    process.exit(1);
  }
}

/**
 * @param {string[]} paths narrows the run; empty runs everything
 * @returns {import('./test-tally.mjs').Tally}
 */
function runTests(paths) {
  const folder = mkdtempSync(join(tmpdir(), 'forebay-test-'));
  const reportFile = join(folder, 'report.json');
  try {
    const result = spawnSync(
      process.execPath,
      [
        join('node_modules', 'vitest', 'vitest.mjs'),
        'run',
        '--reporter=default',
        '--reporter=json',
        `--outputFile.json=${reportFile}`,
        ...paths,
      ],
      { cwd: repositoryRoot, stdio: ['ignore', 'inherit', 'inherit'] },
    );
    const report = existsSync(reportFile) ? JSON.parse(readFileSync(reportFile, 'utf8')) : {};
    return tallyReport(report, result.status ?? 1);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

const paths = process.argv.slice(2);
const runsEverything = paths.length === 0;

// Printed however the run ends, so that a failed set-up also reads as a failed run.
let total = { passed: 0, failed: 1, skipped: 0 };
process.on('exit', () => process.stdout.write(`${formatTally(total)}\n`));

bootstrap();
ensurePrograms(runsEverything ? [redisServer, chromium, zsh] : [redisServer]);
const failed = runsEverything ? verify({ includeUnitTests: false, stopAtFirstFailure: false }) : 0;
total = addTallies(runTests(paths), { passed: 0, failed, skipped: 0 });
process.exitCode = total.failed === 0 ? 0 : 1;
