// The commands that look at an installation and its configuration.

import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { startRedisServer } from '@forebay/cli/local/redis-server';
import { describe, expect, onTestFinished, test } from 'vitest';
import { startForebay } from '../support/forebay.ts';
import { useRedis } from '../support/redis.ts';
import { runCli } from '../support/run-cli.ts';
import { scratchFolder } from '../support/scratch-folder.ts';
import { twoModels } from '../support/two-models.ts';

const redis = useRedis({ appendfsync: 'everysec' });

/** The form of `doctor --json`, as far as it is looked at. */
interface Report {
  readonly ok: boolean;
  readonly checks: readonly { readonly name: string; readonly status: string }[];
}

function wrongChecks(stdout: string): readonly string[] {
  const { checks } = JSON.parse(stdout) as Report; // the form above
  return checks.filter(({ status }) => status === 'wrong').map(({ name }) => name);
}

describe('forebay doctor', () => {
  test('finds nothing wrong with a healthy installation', async () => {
    const forebay = await startForebay({ redisUrl: redis().url, config: twoModels });
    const api = await forebay.startApi();
    const env = { ...forebay.env, FOREBAY_URL: api.url, FOREBAY_API_KEY: forebay.apiKey };

    const run = await runCli(['doctor'], { env });

    expect(run.stdout).toMatch(/ok +redis eviction +noeviction/);
    expect(run.stdout).toMatch(/ok +redis persistence +append-only file, fsync everysec/);
    expect(run.stdout).toMatch(/ok +api key +accepted; it sees 2 models and routes/);
    expect(run).toMatchObject({ code: 0, stdout: expect.not.stringContaining('wrong') });

    // A machine that calls and does not serve has none of the processes' settings.
    const { FOREBAY_URL, FOREBAY_API_KEY } = env;
    const calling = await runCli(['doctor'], { env: { FOREBAY_URL, FOREBAY_API_KEY } });
    expect(calling).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('forebay doctor --only caller'),
    });
  });

  test('names everything that is wrong, with what to do about it', async () => {
    const careless = await startRedisServer({
      dataDir: scratchFolder('careless'),
      appendfsync: 'no',
      extraLines: ['maxmemory-policy allkeys-lru'],
    });
    onTestFinished(() => careless.stop());
    const env = {
      REDIS_URL: careless.url,
      FOREBAY_CONFIG: 'no-such-file.yaml',
      // A file, below which no folder can be, not even for root.
      FOREBAY_DATA_DIR: 'package.json',
      FOREBAY_URL: 'http://127.0.0.1:1',
      FOREBAY_API_KEY: undefined,
      FOREBAY_KEY_PEPPER: undefined,
      FOREBAY_WEBHOOK_SECRET: undefined,
      FOREBAY_SIGNING_KEY: undefined,
    };

    const run = await runCli(['doctor', '--json'], { env });

    expect(run.code).toBe(1);
    expect(wrongChecks(run.stdout)).toEqual([
      ...['configuration', 'data folder', 'key pepper', 'webhook secret'],
      ...['redis eviction', 'redis persistence', 'api', 'api key'],
    ]);
    expect(JSON.parse(run.stdout)).toMatchObject({
      checks: expect.arrayContaining([
        expect.objectContaining({ name: 'signing key', status: 'warning' }),
      ]),
    });
    const words = await runCli(['doctor', '--only', 'caller'], { env });
    expect(words.stdout).toContain('Start the api, or set FOREBAY_URL to where it is.');
    expect(words.stdout).not.toContain('redis');
    const noStore = { ...env, REDIS_URL: 'redis://127.0.0.1:1' };
    const away = await runCli(['doctor', '--only', 'installation', '--json'], { env: noStore });
    expect(wrongChecks(away.stdout)).toContain('redis');
  });
});

describe('forebay config validate', () => {
  test('shows each problem with line and column, as a start does', async () => {
    const file = join(scratchFolder('config'), 'forebay.yaml');
    const misspelt = twoModels
      .replace('SIMULATOR', 'http://127.0.0.1:1')
      .replace('concurrency: 20', 'concurency: 20');
    writeFileSync(file, misspelt);

    const run = await runCli(['config', 'validate', file]);

    expect(run.code).toBe(2);
    expect(run.stderr).toMatch(/forebay\.yaml:17:\d+: .*concurency.*did you mean "concurrency"/);
    const json = await runCli(['config', 'validate', file, '--json']);
    expect(JSON.parse(json.stdout)).toMatchObject({ valid: false, problems: [{ line: 17 }] });
    expect(json.stderr).toBe('');
    const missing = await runCli(['config', 'validate', 'no-such-file.yaml']);
    expect(missing).toMatchObject({ code: 2, stderr: expect.stringContaining('no-such-file') });
  });

  test('says what a valid one holds', async () => {
    const file = 'examples/tour.config.yaml';
    const env = {
      FOREBAY_SIMULATOR_URL: 'http://127.0.0.1:1',
      FOREBAY_SINK_URL: 'http://127.0.0.1:2',
    };
    const run = await runCli(['config', 'validate', file], { env });
    expect(run).toMatchObject({ code: 0, stdout: expect.stringMatching(/valid, \d+ models/) });
  });
});
