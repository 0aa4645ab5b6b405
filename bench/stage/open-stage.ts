/**
 * What both sides stand on: a Redis of its own for each run, with the append-only file synced as
 * asked, and the simulator as the provider. The settings are those of `npm start` and the
 * operations manual; neither side gets another one.
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type RedisProcess, startRedisServer } from '@forebay/cli/local/redis-server';
import { openRedisGauge, type RedisGauge } from '../measure/redis-gauge.ts';
import { type BenchChild, type ChildOptions, launchChild, mainOf } from './launch-child.ts';

export type AppendFsync = 'everysec' | 'always';

export interface StageOptions {
  readonly appendfsync: AppendFsync;
  /** How long the provider takes to answer. */
  readonly latencyMs: number;
  /** Processes write their profiles here when it is given. */
  readonly profileDir: string | undefined;
}

export interface Stage {
  readonly redis: RedisProcess;
  readonly gauge: RedisGauge;
  readonly providerUrl: string;
  /** A folder of this run alone. */
  readonly folder: string;
  /** Starts a process that ends with the stage. */
  launch(options: Pick<ChildOptions, 'name' | 'args' | 'env'>): BenchChild;
  /** Everything that was started, Redis apart. */
  children(): readonly BenchChild[];
  close(): Promise<void>;
}

/** Every answer has so many tokens: what differs between runs is the routing alone. */
const outputTokens = 16;

export async function openStage(options: StageOptions): Promise<Stage> {
  const folder = mkdtempSync(join(tmpdir(), 'forebay-bench-'));
  const redis = await startRedisServer({
    dataDir: join(folder, 'redis'),
    appendfsync: options.appendfsync,
    // A rewrite in the middle of one run and not of the other would be chance.
    extraLines: ['auto-aof-rewrite-percentage 0'],
  });
  const children: BenchChild[] = [];
  const kill = (): void => {
    for (const child of children) child.kill();
    process.kill(redis.pid, 'SIGKILL');
  };
  process.once('exit', kill);
  const launch: Stage['launch'] = (child) => {
    const nodeArgs = profileArguments(options.profileDir, child.name);
    const launched = launchChild({ ...child, nodeArgs, logDir: folder });
    children.push(launched);
    return launched;
  };
  const gauge = await openRedisGauge(redis.port);
  return {
    redis,
    gauge,
    folder,
    launch,
    children: () => children,
    providerUrl: await startProvider(launch, { folder, latencyMs: options.latencyMs }),
    async close() {
      gauge.close();
      // In the opposite order of their start: nobody may miss what it needs while it ends.
      for (const child of children.toReversed()) await child.stop();
      await redis.stop();
      process.off('exit', kill);
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

async function startProvider(
  launch: Stage['launch'],
  { folder, latencyMs }: { readonly folder: string; readonly latencyMs: number },
): Promise<string> {
  const scenario = join(folder, 'scenario.yaml');
  writeFileSync(
    scenario,
    `default: { latency_ms: ${latencyMs}, output_tokens: ${outputTokens} }\n`,
  );
  const args = [mainOf('simulator'), '--scenario', scenario] as const;
  const simulator = launch({ name: 'simulator', args, env: {} });
  const [, url] = await simulator.waitForOutput(/simulator ready url=(\S+)/);
  return url ?? '';
}

function profileArguments(directory: string | undefined, name: string): readonly string[] {
  if (directory === undefined) return [];
  const file = `${name}-${process.pid}-${Math.round(performance.now())}.cpuprofile`;
  return ['--cpu-prof', '--cpu-prof-dir', directory, '--cpu-prof-name', file];
}
