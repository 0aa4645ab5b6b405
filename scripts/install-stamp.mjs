// Says whether node_modules matches the manifests, by a hash kept inside node_modules.

import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** @param {string} root */
const stampFile = (root) => join(root, 'node_modules', '.forebay-install');

/**
 * Hash of every file that decides what an install produces.
 * @param {string} root repository root
 * @returns {string}
 */
function manifestHash(root) {
  const packages = readdirSync(join(root, 'packages')).sort();
  const files = [
    'pnpm-lock.yaml',
    'pnpm-workspace.yaml',
    'package.json',
    ...packages.map((name) => join('packages', name, 'package.json')),
  ];
  const hash = createHash('sha256');
  // A Node of another major loads other native packages.
  hash.update(`${process.platform} ${process.arch} ${process.versions.modules}\n`);
  for (const file of files.filter((name) => existsSync(join(root, name)))) {
    hash
      .update(file)
      .update('\0')
      .update(readFileSync(join(root, file)))
      .update('\0');
  }
  return hash.digest('hex');
}

/**
 * @param {string} root repository root
 * @returns {boolean} true when the last recorded install still fits the manifests
 */
export function installIsCurrent(root) {
  if (!existsSync(stampFile(root))) return false;
  return readFileSync(stampFile(root), 'utf8') === manifestHash(root);
}

/** @param {string} root repository root */
export function recordInstall(root) {
  writeFileSync(stampFile(root), manifestHash(root));
}
