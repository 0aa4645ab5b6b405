/** Real processes for a part of the proof: Redis, the simulator, and others as it starts them. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { startRedisServer } from '@forebay/cli/local/redis-server';
import { newWebhookSecret } from '@forebay/shared/webhooks/webhook-secret';
import { type Simulator, startSimulator } from '@forebay/simulator/simulator';
import type { BulkTarget } from '../../support/bulk-client.ts';
import { type ApiClient, createApiClient } from '../../support/http.ts';
import { endProcess, launchProcess, mainOf, type TestProcess } from '../../support/processes.ts';
import { registerKey, testPepper } from '../../support/register-key.ts';
import { makeFolder, removeFolder } from '../../support/scratch-folder.ts';

export interface Stage {
  readonly simulator: Simulator;
  startApi(): Promise<StagedApi>;
  startWorker(name: string): Promise<TestProcess>;
}

export interface StagedApi extends ApiClient {
  readonly target: BulkTarget;
}

export interface StageOptions {
  /** A configuration in which `SIMULATOR` stands for the simulator's address. */
  readonly config: string;
  readonly scenario: string;
}

/** Runs one part on a stage of its own, and clears it away. */
export async function onStage<Result>(
  { config, scenario }: StageOptions,
  play: (stage: Stage) => Promise<Result>,
): Promise<Result> {
  const folder = makeFolder('proof-routing');
  const redis = await startRedisServer({ dataDir: join(folder, 'redis'), appendfsync: 'everysec' });
  const simulator = await startSimulator({ scenario });
  const configFile = join(folder, 'forebay.yaml');
  writeFileSync(configFile, config.replaceAll('SIMULATOR', simulator.url));
  const key = await registerKey(redis.url, 'fb');
  const started: TestProcess[] = [];
  const env = {
    FOREBAY_MODE: 'local',
    REDIS_URL: redis.url,
    FOREBAY_CONFIG: configFile,
    FOREBAY_DATA_DIR: join(folder, 'data'),
    FOREBAY_KEY_PEPPER: testPepper,
    FOREBAY_ADMIN_KEY: 'admin-key-of-this-proof',
    FOREBAY_WEBHOOK_SECRET: newWebhookSecret(),
    PROVIDER_KEY: 'provider-key-of-this-proof',
    PORT: '0',
    ADMIN_PORT: '0',
  };
  const start = (name: 'api' | 'worker', extra: Readonly<Record<string, string>>): TestProcess => {
    const child = launchProcess({ name, args: [mainOf(name)], env: { ...env, ...extra } });
    started.push(child);
    return child;
  };
  try {
    return await play({
      simulator,
      async startApi() {
        const [line] = await start('api', {}).waitForOutput(/^.*"api\.ready".*$/m);
        const port = /"port":(\d+)/.exec(line)?.[1];
        const target = { url: `http://127.0.0.1:${port}`, key };
        return { ...createApiClient(target), target };
      },
      async startWorker(name) {
        const worker = start('worker', { FOREBAY_WORKER_NAME: name });
        await worker.waitForOutput(/worker\.ready/);
        return worker;
      },
    });
  } finally {
    await Promise.all(started.map(endProcess));
    await simulator.close();
    await redis.stop();
    removeFolder(folder);
  }
}
