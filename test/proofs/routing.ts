/**
 * `npm run proof -- routing`: what routes do with real pools and the simulator, by the clock.
 * Writes `docs/proofs/routing.md`. Each part has a file in `routing/`.
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { keepAlive } from '@forebay/cli/local/keep-alive';
import { repositoryRoot } from '../support/processes.ts';
import type { Figures } from './routing/figures.ts';
import { measureHealth } from './routing/health.ts';
import { measureLatencyShift } from './routing/latency-shift.ts';
import { measureLoads } from './routing/loads.ts';
import { checkPriceOrder, countPicks } from './routing/picks.ts';

const parts: readonly (() => Figures | Promise<Figures>)[] = [
  checkPriceOrder,
  countPicks,
  measureLatencyShift,
  measureLoads,
  measureHealth,
];

function report(figures: readonly Figures[]): string {
  const sections = figures.map(
    ({ title, kept, text }) => `## ${title}\n\n${text}\n\n${kept ? 'Kept.' : '**Missed.**'}\n`,
  );
  return `# Routing on live figures

Written by \`npm run proof -- routing\`: real processes, real Redis, the simulator as the provider.

${sections.join('\n')}`;
}

async function runProof(): Promise<boolean> {
  const figures: Figures[] = [];
  for (const part of parts) figures.push(await part());
  const text = report(figures);
  process.stdout.write(text);
  const folder = join(repositoryRoot, 'docs', 'proofs');
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, 'routing.md'), text);
  return figures.every(({ kept }) => kept);
}

const alive = keepAlive();
try {
  if (!(await runProof())) process.exitCode = 1;
} finally {
  alive.end();
}
