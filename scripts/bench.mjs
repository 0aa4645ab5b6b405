// `npm run bench [-- SCENARIO ...]`: builds what is measured, then runs bench/main.ts.

import { join } from 'node:path';
import { bootstrap, repositoryRoot } from './bootstrap.mjs';
import { runChild } from './run-child.mjs';

bootstrap();
const entry = join(repositoryRoot, 'bench', 'main.ts');
const args = ['--conditions=forebay-source', '--import', 'tsx', entry, ...process.argv.slice(2)];
process.exitCode = await runChild(args, { cwd: repositoryRoot });
