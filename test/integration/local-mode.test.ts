import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { startRedisServer } from '@forebay/cli/local/redis-server';
import { describe, expect, onTestFinished, test } from 'vitest';
import { type ApiClient, createApiClient } from '../support/http.ts';
import { isAlive } from '../support/is-alive.ts';
import { mainOf, startProcess, type TestProcess } from '../support/processes.ts';
import { scratchFolder } from '../support/scratch-folder.ts';
import { waitUntil } from '../support/wait-until.ts';

interface StartOptions {
  readonly dataDir: string;
  readonly flags: readonly string[];
  readonly redisUrl?: string;
  readonly durations?: Readonly<Record<string, string>>;
}

function start({ dataDir, flags, redisUrl, durations }: StartOptions): TestProcess {
  return startProcess({
    name: 'forebay start',
    args: [mainOf('cli'), 'start', ...flags],
    env: {
      FOREBAY_DATA_DIR: dataDir,
      REDIS_URL: redisUrl,
      PORT: undefined,
      ADMIN_PORT: undefined,
      ...durations,
    },
  });
}

interface Ready {
  readonly url: string;
  readonly key: string;
  readonly api: ApiClient;
}

async function ready(process: TestProcess): Promise<Ready> {
  const pattern = /^ready url=(\S+) key=(\S+) admin=\S+ admin_key=\S+ webhook_secret=whsec_\S+$/m;
  const [, url = '', key = ''] = await process.waitForOutput(pattern, 45_000);
  return { url, key, api: createApiClient({ url, key }) };
}

function pidsIn(dataDir: string): Readonly<Record<string, number>> {
  // Written by the command under test; a wrong form fails the test where it is used.
  return JSON.parse(readFileSync(join(dataDir, 'processes.json'), 'utf8')) as Record<
    string,
    number
  >;
}

function killNow(pid: number): void {
  process.kill(pid, 'SIGKILL');
}

/** What killed workers held is given to others after 2 s instead of 15. */
const shortLease = { FOREBAY_LEASE_MS: '2000', FOREBAY_SWEEP_MS: '200' };

const job = {
  kind: 'chat.completions',
  model: 'economy',
  body: { messages: [{ role: 'user', content: 'Name a river.' }], max_tokens: 16 },
};

describe('forebay start', () => {
  test('runs the tour once, as expected, and leaves nothing running', async () => {
    const dataDir = scratchFolder('tour');
    const run = start({ dataDir, flags: ['--once'] });
    await ready(run);
    const pids = Object.values(pidsIn(dataDir));

    const exit = await run.exited;

    expect(run.output()).toContain('Every job ended as expected.');
    for (const reason of ['error', 'rate limit', 'stall']) {
      expect(run.output()).toMatch(new RegExp(`^  ${reason} +\\w+ +\\w+ → \\w+`, 'm'));
    }
    expect(exit).toEqual({ code: 0, signal: null });
    expect(pids.filter(isAlive)).toEqual([]);
    expect(existsSync(join(dataDir, 'processes.json'))).toBe(false);
  }, 120_000);

  test('starts a killed worker again, and drains on SIGTERM', async () => {
    const dataDir = scratchFolder('restart');
    const run = start({ dataDir, flags: ['--no-tour'] });
    const { api } = await ready(run);
    const before = pidsIn(dataDir);

    process.kill(before['worker-1'] ?? 0, 'SIGKILL');
    await run.waitForOutput(/worker-1 was killed by SIGKILL; starting it again/);
    const ended = await api.readEnded((await api.submit(job)).id);

    expect(ended.status).toBe('succeeded');
    const after = await waitUntil(
      () => {
        const pids = pidsIn(dataDir);
        return pids['worker-1'] !== before['worker-1'] && pids;
      },
      { what: 'the new worker to be noted' },
    );
    await run.kill('SIGTERM');
    expect(await run.exited).toEqual({ code: 0, signal: null });
    expect(Object.values(after).filter(isAlive)).toEqual([]);
  }, 120_000);

  test('ends what a killed run left behind and keeps its keys and jobs', async () => {
    const dataDir = scratchFolder('left-behind');
    const first = start({ dataDir, flags: ['--no-tour'], durations: shortLease });
    const before = await ready(first);
    const submitted = await before.api.submit(job);
    const left = pidsIn(dataDir);
    onTestFinished(() => Object.values(left).filter(isAlive).forEach(killNow));
    await first.kill('SIGKILL');

    const second = start({ dataDir, flags: ['--no-tour'], durations: shortLease });
    const after = await ready(second);

    expect(after.key).toBe(before.key);
    expect(Object.values(left).filter(isAlive)).toEqual([]);
    expect((await after.api.readEnded(submitted.id)).status).toBe('succeeded');
    const third = start({ dataDir, flags: ['--no-tour'] });
    expect(await third.exited).toEqual({ code: 1, signal: null });
    expect(third.output()).toContain('already runs');
  }, 120_000);

  test('refuses a Redis that evicts', async () => {
    const redis = await startRedisServer({
      dataDir: scratchFolder('evicting'),
      appendfsync: 'no',
      extraLines: ['maxmemory-policy allkeys-lru'],
    });
    onTestFinished(() => redis.stop());

    const run = start({
      dataDir: scratchFolder('refused'),
      flags: ['--no-tour'],
      redisUrl: redis.url,
    });

    expect(await run.exited).toEqual({ code: 1, signal: null });
    expect(run.output()).toContain('noeviction');
  }, 60_000);
});
