/** The numbered examples, run as their page says, against local mode. */
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { findFreePort } from '@forebay/cli/local/free-port';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import {
  endProcess,
  launchProcess,
  mainOf,
  repositoryRoot,
  startProcess,
  type TestProcess,
} from '../support/processes.ts';
import { makeFolder, removeFolder } from '../support/scratch-folder.ts';

type Settings = Readonly<Record<string, string>>;

interface Stack {
  readonly process: TestProcess;
  /** What a reader would export after the ready line. */
  readonly settings: Settings;
  end(): Promise<void>;
}

async function startStack(flags: readonly string[], env: Settings = {}): Promise<Stack> {
  const dataDir = makeFolder('examples');
  const process = launchProcess({
    name: 'forebay start',
    args: [mainOf('cli'), 'start', ...flags],
    env: { FOREBAY_DATA_DIR: dataDir, REDIS_URL: undefined, ...env },
  });
  const pattern = /^ready url=(\S+) key=(\S+) .*webhook_secret=(\S+)$/m;
  const [, url = '', key = '', secret = ''] = await process.waitForOutput(pattern, 45_000);
  return {
    process,
    settings: { FOREBAY_URL: url, FOREBAY_API_KEY: key, FOREBAY_WEBHOOK_SECRET: secret },
    async end() {
      await endProcess(process);
      removeFolder(dataDir);
    },
  };
}

/** @returns what the example printed, once it has ended well */
async function run(file: string, settings: Settings): Promise<string> {
  const example = startProcess({
    name: file,
    args: [join('node_modules', 'tsx', 'dist', 'cli.mjs'), join('examples', file)],
    env: settings,
  });
  expect(await example.exited, example.output()).toEqual({ code: 0, signal: null });
  return example.output();
}

describe('examples against local mode', () => {
  let stack: Stack;
  beforeAll(async () => {
    stack = await startStack(['--no-tour']);
  });
  afterAll(() => stack.end());

  test('01 submits a job and polls until its answer', async () => {
    const output = await run('01-submit-and-poll.ts', stack.settings);
    expect(output).toMatch(/^(job_\w+) is queued\n\1 has succeeded: answered by economy$/m);
    expect(output).toMatch(/^answer: \w.+\ncost: 0\.\d+ of at most 0\.01 USD$/m);
  });

  test('02 is told by webhook, and refuses what is not signed', async () => {
    const output = await run('02-webhook-receiver.ts', stack.settings);
    const id = /^(job_\w+) submitted/m.exec(output)?.[1];
    expect(output.split('\n').filter((line) => line !== '')).toEqual([
      'refused: missing_header',
      `${id} submitted; waiting to be told`,
      `job.succeeded ${id}`,
    ]);
  });

  test('03 makes one job of two submissions under one key', async () => {
    const output = await run('03-idempotent-retry.ts', stack.settings);
    expect(output).toMatch(/^first: {2}(job_\w+)\nsecond: \1 \(the same job\)$/m);
    expect(output).toContain('another request under the same key: 422 idempotency_mismatch');
  });

  test('04 cancels a job that waits and one that runs', async () => {
    const output = await run('04-cancel.ts', stack.settings);
    expect(output).toContain('waiting: cancelled, spent 0, unknown 0, reserved 0');
    expect(output).toMatch(/^running: cancelled, spent 0, unknown 0\.\d+, reserved 0$/m);
    const line = (name: string): string | undefined =>
      new RegExp(`^${name} *: (.*)$`, 'm').exec(output)?.[1];
    expect(line('again')).toBe(line('running'));
  });

  test('05 lets the ceiling decide which models are too dear', async () => {
    const output = await run('05-route-by-cost.ts', stack.settings);
    const [dear = '', cheap = ''] = output.split('with a ceiling of 0.001 USD:');
    expect(dear).toMatch(/premium may take it, for at most 0\.00\d+ USD/);
    expect(cheap).toMatch(/premium not: .*0\.001/);
    expect(cheap).toMatch(/^succeeded on economy for 0\.0000\d+ USD$/m);
  });
});

test('06 adds a provider by configuration alone', async () => {
  const echo = { ECHO_URL: `http://127.0.0.1:${await findFreePort()}` };
  const stack = await startStack(['--config', 'examples/06-add-a-provider.yaml'], echo);
  try {
    const output = await run('06-add-a-provider.ts', { ...stack.settings, ...echo });
    expect(output).toContain('the provider was asked for echo-1');
    // 8 tokens at 0.10 and 10 at 0.40 USD per million.
    expect(output).toContain('succeeded for 0.0000048 USD');
    expect(output).toContain('You said: Is anybody there?');
  } finally {
    await stack.end();
  }
});

test('every numbered example is run', () => {
  const numbered = readdirSync(join(repositoryRoot, 'examples')).filter((name) =>
    /^\d\d-.*\.ts$/.test(name),
  );
  expect(numbered.map((name) => name.slice(0, 2))).toEqual(['01', '02', '03', '04', '05', '06']);
});
