/**
 * `npm run proof -- money-properties [RUNS] [SEED]`: many more of the random lives of
 * `test/adversarial/store-properties.test.ts`. Writes `docs/proofs/money-properties.md`.
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { keepAlive } from '@forebay/cli/local/keep-alive';
import { startRedisServer } from '@forebay/cli/local/redis-server';
import fc from 'fast-check';
import { live } from '../adversarial/live.ts';
import { type Step, steps } from '../adversarial/store-steps.ts';
import { repositoryRoot } from '../support/processes.ts';
import { makeFolder, removeFolder } from '../support/scratch-folder.ts';
import { openTestStore } from '../support/store.ts';

const runsWanted = 20_000;
const firstSeed = 4_000;
/** Lives of one store; a new one keeps the server small. */
const livesPerStore = 250;

interface Tally {
  lives: number;
  steps: number;
  readonly answers: Map<string, number>;
}

async function runSome(url: string, seed: number, tally: Tally): Promise<void> {
  const store = await openTestStore(url);
  try {
    const property = fc.asyncProperty(steps, async (life: Step[]) => {
      const { answers } = await live(store, life);
      tally.lives += 1;
      tally.steps += life.length;
      for (const answer of answers) {
        tally.answers.set(answer, (tally.answers.get(answer) ?? 0) + 1);
      }
    });
    await fc.assert(property, { seed, numRuns: livesPerStore });
    await store.client.flushdb();
  } finally {
    await store.close();
  }
}

function report(tally: Tally, seed: number, seconds: number): string {
  const rows = [...tally.answers].toSorted(([left], [right]) => left.localeCompare(right));
  return `# Random lives of jobs and budgets

${tally.lives} lives with ${tally.steps} steps (seeds from ${seed}, ${livesPerStore} lives each,
${Math.round(seconds)} s), each step followed by a look at every record, account, line, counter and
ledger entry of its tenant; none broke an invariant of \`test/adversarial/store-world.ts\` or
\`money-world.ts\`, and every world came to rest. Written by \`npm run proof -- money-properties\`.
In how many lives the store gave which answer:

| call and answer | lives |
|---|---|
${rows.map(([answer, lives]) => `| ${answer} | ${lives} |`).join('\n')}
`;
}

async function runProof(runs: number, seed: number): Promise<void> {
  const folder = makeFolder('proof-money-properties');
  const redis = await startRedisServer({ dataDir: folder, appendfsync: 'no' });
  const tally: Tally = { lives: 0, steps: 0, answers: new Map() };
  const startedAtMs = Date.now();
  try {
    for (let round = 0; tally.lives < runs; round += 1) {
      await runSome(redis.url, seed + round, tally);
      const seconds = Math.round((Date.now() - startedAtMs) / 1_000);
      process.stdout.write(`${tally.lives} lives, ${tally.steps} steps, ${seconds} s\n`);
    }
  } finally {
    await redis.stop();
    removeFolder(folder);
  }
  const text = report(tally, seed, (Date.now() - startedAtMs) / 1_000);
  process.stdout.write(text);
  mkdirSync(join(repositoryRoot, 'docs', 'proofs'), { recursive: true });
  writeFileSync(join(repositoryRoot, 'docs', 'proofs', 'money-properties.md'), text);
}

const alive = keepAlive();
try {
  const [runs = runsWanted, seed = firstSeed] = process.argv.slice(2).map(Number);
  await runProof(runs, seed);
} finally {
  alive.end();
}
