import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { repositoryRoot } from './bootstrap.mjs';
import { cliPage } from './docs/cli.ts';
import { firstDifference } from './docs/compare-text.ts';
import { configurationPage } from './docs/configuration.ts';
import type { DocGenerator } from './docs/doc-generator.ts';
import { envExample } from './docs/environment.ts';
import { errorsPage } from './docs/errors.ts';
import { lifecyclePage } from './docs/lifecycle.ts';
import { metricsPage } from './docs/metrics.ts';
import { pricingPage } from './docs/pricing.ts';
import { routesPage } from './docs/routes.ts';
import { tracingPage } from './docs/tracing.ts';

/** Every generated file of the repository. Add a generator as scripts/docs/<subject>.ts. */
const generators: readonly DocGenerator[] = [
  envExample,
  configurationPage,
  cliPage,
  errorsPage,
  lifecyclePage,
  metricsPage,
  pricingPage,
  routesPage,
  tracingPage,
];

async function readCommitted(file: string): Promise<string> {
  try {
    return await readFile(join(repositoryRoot, file), 'utf8');
  } catch {
    // A file that cannot be read is as stale as an empty one: the check reports it.
    return '';
  }
}

async function generateAll(): Promise<void> {
  for (const generator of generators) {
    const path = join(repositoryRoot, generator.file);
    await mkdir(dirname(path), { recursive: true });
    await writeFile(path, await generator.generate());
    process.stdout.write(`wrote ${generator.file}\n`);
  }
}

async function checkAll(): Promise<void> {
  for (const generator of generators) {
    const { file } = generator;
    const difference = firstDifference(await generator.generate(), await readCommitted(file));
    if (difference === null) continue;
    process.stdout.write(`${file} differs from what the code says at ${difference}\n`);
    process.exitCode = 1;
  }
}

const [mode] = process.argv.slice(2);
if (mode === 'generate') await generateAll();
else if (mode === 'check') await checkAll();
else {
  process.stderr.write('usage: docs.ts generate|check\n');
  process.exitCode = 2;
}
