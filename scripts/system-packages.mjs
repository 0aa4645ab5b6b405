// Finds programs that npm cannot provide (a Redis server, a browser) and installs them where
// that needs no password: apt as root, or Homebrew. Anywhere else it returns the command that
// the user would have to run. It never starts a service.

import { spawnSync } from 'node:child_process';
import {
  accessSync,
  chmodSync,
  constants,
  existsSync,
  mkdtempSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';

/**
 * @typedef {object} SystemProgram
 * @property {string} title what the user knows it as
 * @property {string[]} commands names on PATH, any one is enough
 * @property {string[]} files absolute paths that also count, any one is enough
 * @property {string} aptPackage
 * @property {string} brewPackage
 */

/**
 * @typedef {{ kind: 'found', path: string, installed: boolean }
 *   | { kind: 'missing', command: string }} ProgramOutcome
 */

const aptGet = 'apt-get';
const brew = 'brew';

/** @type {SystemProgram} */
export const redisServer = {
  title: 'a Redis server',
  commands: ['redis-server', 'valkey-server'],
  files: ['/usr/bin/redis-server', '/usr/local/bin/redis-server'],
  aptPackage: 'redis-server',
  brewPackage: 'redis',
};

/** @type {SystemProgram} */
export const chromium = {
  title: 'Chromium for the browser tests',
  commands: ['chromium', 'chromium-browser', 'google-chrome'],
  files: ['/usr/bin/chromium', '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome'],
  aptPackage: 'chromium',
  brewPackage: '--cask chromium',
};

/** @type {SystemProgram} */
export const zsh = {
  title: 'zsh, to try the shell completion',
  commands: ['zsh'],
  files: ['/usr/bin/zsh', '/bin/zsh'],
  aptPackage: 'zsh',
  brewPackage: 'zsh',
};

/** @param {string} file */
function isExecutable(file) {
  try {
    accessSync(file, constants.X_OK);
    return true;
  } catch {
    // Not there or not ours to run: both mean that the next candidate is tried.
    return false;
  }
}

/**
 * @param {string} command
 * @returns {string | undefined} absolute path of the command on PATH
 */
function onPath(command) {
  const folders = (process.env['PATH'] ?? '').split(delimiter).filter((folder) => folder !== '');
  return folders.map((folder) => join(folder, command)).find(isExecutable);
}

/**
 * @param {SystemProgram} program
 * @returns {string | undefined} absolute path
 */
function findProgram(program) {
  for (const command of program.commands) {
    const path = onPath(command);
    if (path !== undefined) return path;
  }
  return program.files.find(isExecutable);
}

/**
 * Installs by apt with a policy that keeps package scripts from starting a daemon.
 * @param {string} packageName
 */
function installWithApt(packageName) {
  const policyFile = '/usr/sbin/policy-rc.d';
  const policyIsOurs = !existsSync(policyFile);
  if (policyIsOurs) {
    writeFileSync(policyFile, '#!/bin/sh\nexit 101\n');
    chmodSync(policyFile, 0o755);
  }
  // apt's helpers fail in odd ways in a folder that its sandbox user cannot enter.
  const cwd = mkdtempSync(join(tmpdir(), 'forebay-apt-'));
  const options = {
    cwd,
    /** @type {import('node:child_process').StdioOptions} */
    stdio: ['ignore', 2, 2],
    env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' },
  };
  try {
    spawnSync(aptGet, ['update', '-qq'], options);
    const args = ['install', '-y', '-qq', '--no-install-recommends', packageName];
    spawnSync(aptGet, args, options);
  } finally {
    if (policyIsOurs) rmSync(policyFile, { force: true });
    rmSync(cwd, { recursive: true, force: true });
  }
}

/**
 * @param {SystemProgram} program
 * @returns {{ command: string, install?: () => void }} `install` only where no password is needed
 */
function installPlan(program) {
  if (onPath(aptGet) !== undefined) {
    const command = `sudo apt-get update && sudo apt-get install -y ${program.aptPackage}`;
    if (process.getuid?.() !== 0) return { command };
    return { command, install: () => installWithApt(program.aptPackage) };
  }
  const command = `brew install ${program.brewPackage}`;
  if (onPath(brew) === undefined) {
    return { command: `install ${program.title} with your package manager, such as: ${command}` };
  }
  const args = ['install', ...program.brewPackage.split(' ')];
  return { command, install: () => void spawnSync(brew, args, { stdio: ['ignore', 2, 2] }) };
}

/**
 * Finds the program, installing it first where that is possible without a password.
 * @param {SystemProgram} program
 * @param {(line: string) => void} say receives a line before anything is installed
 * @returns {ProgramOutcome} `missing` carries the one command that the user should run
 */
export function ensureProgram(program, say) {
  const present = findProgram(program);
  if (present !== undefined) return { kind: 'found', path: present, installed: false };
  const plan = installPlan(program);
  if (plan.install === undefined) return { kind: 'missing', command: plan.command };
  say(`installing ${program.title}: ${plan.command}`);
  plan.install();
  const path = findProgram(program);
  if (path === undefined) return { kind: 'missing', command: plan.command };
  return { kind: 'found', path, installed: true };
}
