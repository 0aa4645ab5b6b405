// `npm run proof -- NAME`: one long or timed proof. Each is a program in test/proofs/.

import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { bootstrap, repositoryRoot } from './bootstrap.mjs';
import { runChild } from './run-child.mjs';

const proofFolder = join(repositoryRoot, 'test', 'proofs');

/** @returns {string[]} */
function proofNames() {
  if (!existsSync(proofFolder)) return [];
  const files = readdirSync(proofFolder).filter((file) => file.endsWith('.ts'));
  return files.map((file) => file.slice(0, -'.ts'.length)).sort();
}

const [name, ...rest] = process.argv.slice(2);
const names = proofNames();

if (name === undefined || !names.includes(name)) {
  if (name !== undefined) process.stderr.write(`There is no proof called ${name}.\n`);
  process.stderr.write(`Usage: npm run proof -- NAME, where NAME is one of:\n`);
  for (const known of names) process.stderr.write(`  ${known}\n`);
  if (names.length === 0) process.stderr.write('  (none yet)\n');
  process.exitCode = 2;
} else {
  bootstrap();
  const entry = join(proofFolder, `${name}.ts`);
  const args = ['--conditions=forebay-source', '--import', 'tsx', entry, ...rest];
  process.exitCode = await runChild(args, { cwd: repositoryRoot });
}
