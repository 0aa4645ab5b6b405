// Turns a clean clone into a built one: Node version, dependencies, compiled packages.
// Runs before anything is installed, so it uses Node alone.

import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { installIsCurrent, recordInstall } from './install-stamp.mjs';

/** Absolute path of the repository. */
export const repositoryRoot = dirname(dirname(fileURLToPath(import.meta.url)));

const nodeVersionMin = { major: 20, minor: 19 };

/** @param {string} text */
function say(text) {
  process.stderr.write(`forebay: ${text}\n`);
}

/**
 * Compares a Node version with the oldest one that Forebay runs on.
 * @param {string} version such as `20.19.4`
 * @returns {boolean}
 */
export function nodeIsRecentEnough(version) {
  const [major = 0, minor = 0] = version.split('.').map(Number);
  if (major !== nodeVersionMin.major) return major > nodeVersionMin.major;
  return minor >= nodeVersionMin.minor;
}

/**
 * Runs a command in the repository with its output on stderr, so that stdout stays the caller's.
 * @param {string} command
 * @param {string[]} args
 * @returns {number} exit code
 */
function run(command, args) {
  const result = spawnSync(command, args, {
    cwd: repositoryRoot,
    stdio: ['ignore', 2, 2],
    shell: process.platform === 'win32',
  });
  if (result.error) say(`cannot run ${command}: ${result.error.message}`);
  return result.status ?? 1;
}

/** @returns {string} the pnpm version that the root manifest pins, such as `pnpm@12.21.0` */
function pinnedPnpm() {
  const manifest = JSON.parse(readFileSync(join(repositoryRoot, 'package.json'), 'utf8'));
  return manifest.packageManager;
}

function checkNode() {
  if (nodeIsRecentEnough(process.versions.node)) return;
  say(
    `Node ${nodeVersionMin.major}.${nodeVersionMin.minor} or newer is needed, ` +
      `this is ${process.versions.node}. Install Node 22 or 24 from https://nodejs.org/ ` +
      'and run the same command again.',
  );
  process.exit(1);
}

function installDependencies() {
  if (installIsCurrent(repositoryRoot)) return;
  say('installing dependencies (once, about 20 seconds) ...');
  const exitCode = run('npx', ['--yes', pinnedPnpm(), 'install', '--frozen-lockfile']);
  if (exitCode !== 0) {
    say('the install failed; its own message stands above. Nothing was started.');
    process.exit(exitCode);
  }
  recordInstall(repositoryRoot);
}

/** Path of a command that the workspace installed, to be run with this Node. */
const tscEntry = join(repositoryRoot, 'node_modules', 'typescript', 'bin', 'tsc');

function buildPackages() {
  // Always run: the compiler itself knows in under a second that nothing changed.
  const packages = ['shared', 'api', 'worker', 'simulator', 'client', 'cli'];
  const exitCode = run(process.execPath, [
    tscEntry,
    '--build',
    ...packages.map((name) => join('packages', name)),
  ]);
  if (exitCode === 0) return;
  say('the build failed; the compiler errors stand above.');
  process.exit(exitCode);
}

/**
 * Makes the checkout ready to run. Ends the process with a message when it cannot.
 * @param {{ build?: boolean }} [options] `build: false` stops after the install
 */
export function bootstrap({ build = true } = {}) {
  checkNode();
  installDependencies();
  if (build) buildPackages();
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) bootstrap();
