/**
 * `npm run proof -- identity [JOBS] [SEED]`: the run of `test/e2e/identity.test.ts` with many more
 * jobs. Writes `docs/proofs/identity.md`.
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { keepAlive } from '@forebay/cli/local/keep-alive';
import { startRedisServer } from '@forebay/cli/local/redis-server';
import { formatUsd } from '@forebay/shared/domain/money';
import type { IdentitySums } from '../support/check-identity.ts';
import { type IdentityResult, runIdentity } from '../support/identity-run.ts';
import { repositoryRoot } from '../support/processes.ts';
import { makeFolder, removeFolder } from '../support/scratch-folder.ts';

const jobsWanted = 5_000;
const firstSeed = 11;
/** A busy machine must not lose leases all the time; the killed worker's are lost soon enough. */
const env = { FOREBAY_LEASE_MS: '5000' };
const timeoutMs = 1_800_000;

type Ends = readonly (() => Promise<void> | void)[];

function rowsOf(what: string, groups: ReadonlyMap<string, IdentitySums>): string {
  return [...groups]
    .toSorted(([left], [right]) => left.localeCompare(right))
    .map(([name, { attempts, billed, spent, unknown }]) => {
      const amounts = [billed, spent, unknown].map(formatUsd).join(' | ');
      return `| ${what} ${name} | ${attempts} | ${amounts} |`;
    })
    .join('\n');
}

function countsOf(result: IdentityResult): string {
  const counts = new Map<string, number>();
  for (const { outcome, ambiguity, basis } of result.attempts) {
    const key = `| ${outcome} | ${ambiguity} | ${basis} |`;
    counts.set(key, (counts.get(key) ?? 0) + 1);
  }
  const rows = [...counts].toSorted(([left], [right]) => left.localeCompare(right));
  return rows.map(([key, count]) => `${key} ${count} |`).join('\n');
}

interface Asked {
  readonly jobs: number;
  readonly seed: number;
}

function report(result: IdentityResult, { jobs, seed }: Asked, seconds: number): string {
  const ends = [...result.ends].map(([end, count]) => `${count} ${end}`).join(', ');
  return `# The accounting identity

${jobs} jobs of two tenants (seed ${seed}, ${Math.round(seconds)} s; ${ends}) through an api
process, two workers and a provider that spoils about one call in four; one worker was killed with
\`kill -9\` while calls were under way, and started again. Then, with everything at rest: each
attempt against its bill line; the sums below against the bill, the usage that the API tells, the
tenants' counters; and the auditor. ${result.breaks.length} breaks. On a busy machine more calls
time out than the provider spoils. Written by \`npm run proof -- identity\`.

US dollars. What is billed is never above spent and unknown together:

| | attempts | billed | spent | unknown |
|---|---|---|---|---|
${rowsOf('tenant', result.byTenant)}
${rowsOf('model', result.byModel)}
${rowsOf('deployment', result.byDeployment)}

How the attempts ended, and what was charged for them:

| outcome | what is known | charge | attempts |
|---|---|---|---|
${countsOf(result)}
`;
}

async function runProof(jobs: number, seed: number): Promise<boolean> {
  const folder = makeFolder('proof-identity');
  const redis = await startRedisServer({ dataDir: folder, appendfsync: 'everysec' });
  const ends: (() => Promise<void> | void)[] = [];
  const startedAtMs = Date.now();
  try {
    const result = await runIdentity({
      ...{ redisUrl: redis.url, jobs, seed, env, timeoutMs },
      atEnd: (end) => ends.push(end),
      tell: (text) => process.stdout.write(`${text}\n`),
    });
    const text = report(result, { jobs, seed }, (Date.now() - startedAtMs) / 1_000);
    process.stdout.write(`${text}\n${result.breaks.slice(0, 50).join('\n')}\n`);
    if (result.breaks.length > 0) return false;
    mkdirSync(join(repositoryRoot, 'docs', 'proofs'), { recursive: true });
    writeFileSync(join(repositoryRoot, 'docs', 'proofs', 'identity.md'), text);
    return true;
  } finally {
    await endAll(ends.toReversed());
    await redis.stop();
    removeFolder(folder);
  }
}

async function endAll(ends: Ends): Promise<void> {
  for (const end of ends) await end();
}

const alive = keepAlive();
try {
  const [jobs = jobsWanted, seed = firstSeed] = process.argv.slice(2).map(Number);
  process.exitCode = (await runProof(jobs, seed)) ? 0 : 1;
} finally {
  alive.end();
}
