// `npm start`: sets up what is missing, then hands over to `forebay start`.

import { join } from 'node:path';
import { bootstrap, repositoryRoot } from './bootstrap.mjs';
import { runChild } from './run-child.mjs';
import { ensureProgram, redisServer } from './system-packages.mjs';

bootstrap();
const onlyAsks = process.argv.some((argument) => ['--help', '-h', '--version'].includes(argument));
if (!onlyAsks && (process.env['REDIS_URL'] ?? '') === '') {
  // What cannot be installed without a password is told by the command itself, with the remedy.
  ensureProgram(redisServer, (line) => process.stderr.write(`forebay: ${line}\n`));
}
const entry = join(repositoryRoot, 'packages', 'cli', 'dist', 'main.js');
const args = [entry, 'start', ...process.argv.slice(2)];
process.exitCode = await runChild(args, { cwd: process.cwd() });
