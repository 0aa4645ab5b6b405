/**
 * `npm run proof -- cluster`: the tour on a Redis Cluster of three masters, from the same start
 * command that a user runs. Writes its report to `docs/proofs/cluster.md`.
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { keepAlive } from '@forebay/cli/local/keep-alive';
import { startRedisCluster } from '@forebay/cli/local/redis-cluster';
import { connectResp } from '@forebay/cli/local/resp-client';
import { endProcess, launchProcess, mainOf, repositoryRoot } from '../support/processes.ts';
import { makeFolder, removeFolder } from '../support/scratch-folder.ts';

/** How many keys each master holds: all of them must have taken part. */
async function keysPerMaster(ports: readonly number[]): Promise<readonly number[]> {
  return Promise.all(
    ports.map(async (port) => {
      const client = await connectResp(port);
      const reply = await client.send('DBSIZE');
      client.close();
      return reply.kind === 'text' ? Number(reply.text) : 0;
    }),
  );
}

async function runProof(folder: string): Promise<boolean> {
  const dataDir = join(folder, 'redis');
  const cluster = await startRedisCluster({ dataDir, masters: 3, appendfsync: 'always' });
  const run = launchProcess({
    name: 'forebay start',
    args: [mainOf('cli'), 'start', '--once'],
    env: { REDIS_URL: cluster.url, FOREBAY_DATA_DIR: join(folder, 'data') },
  });
  try {
    const { code } = await run.exited;
    const keys = await keysPerMaster(cluster.nodes.map((node) => node.port));
    const report = /\nJobs by end state[\s\S]*?\n {2}\d+ jobs in .*\n/.exec(run.output())?.[0];
    const passed = code === 0 && report !== undefined && keys.every((count) => count > 0);
    process.stdout.write(`${report ?? run.output()}\nkeys per master: ${keys.join(', ')}\n`);
    if (passed) writeReport(report, keys);
    return passed;
  } finally {
    await endProcess(run);
    await cluster.stop();
  }
}

function writeReport(report: string, keys: readonly number[]): void {
  const folder = join(repositoryRoot, 'docs', 'proofs');
  mkdirSync(folder, { recursive: true });
  const text = `# The tour on a Redis Cluster

Three masters on loopback, \`appendfsync always\`; written by \`npm run proof -- cluster\`.
Keys on the masters at the end: ${keys.join(', ')}.

\`\`\`text${report.trimEnd()}
\`\`\`
`;
  writeFileSync(join(folder, 'cluster.md'), text);
}

const alive = keepAlive();
const folder = makeFolder('proof-cluster');
try {
  process.exitCode = (await runProof(folder)) ? 0 : 1;
} finally {
  removeFolder(folder);
  alive.end();
}
