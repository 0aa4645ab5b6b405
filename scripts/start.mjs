// `npm start`: sets up what is missing, then hands over to `forebay start`.

import { join } from 'node:path';
import { bootstrap, repositoryRoot } from './bootstrap.mjs';
import { runChild } from './run-child.mjs';

bootstrap();
const entry = join(repositoryRoot, 'packages', 'cli', 'dist', 'main.js');
const args = [entry, 'start', ...process.argv.slice(2)];
process.exitCode = await runChild(args, { cwd: process.cwd() });
