// The commands that call the API, as real processes against real ones.

import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { startForebay, type TestForebay } from '../support/forebay.ts';
import { useRedis } from '../support/redis.ts';
import { runCli } from '../support/run-cli.ts';
import { scratchFolder } from '../support/scratch-folder.ts';
import { twoModels } from '../support/two-models.ts';

const redis = useRedis();

interface Answer {
  readonly id: string;
  readonly status: string;
}

async function startStack(): Promise<{ forebay: TestForebay; env: Record<string, string> }> {
  const forebay = await startForebay({ redisUrl: redis().url, config: twoModels });
  const api = await forebay.startApi();
  return { forebay, env: { FOREBAY_URL: api.url, FOREBAY_API_KEY: forebay.apiKey } };
}

describe('the commands of a caller', () => {
  test('submit, list, watch, cancel, retry and change jobs', async () => {
    const { forebay, env } = await startStack();

    const submitted = await runCli(['submit', 'Say hello.', '--model', 'alpha'], { env });
    expect(submitted).toMatchObject({ code: 0, stderr: expect.stringContaining('queued') });
    const id = submitted.stdout.trim();
    expect(id).toMatch(/^job_/);
    const doomed = await runCli(['submit', 'Never mind.', '--model', 'alpha', '--json'], { env });
    // The job object, of which these two members are looked at.
    const waiting = JSON.parse(doomed.stdout) as Answer;
    const cancelled = await runCli(['cancel', waiting.id, '--json', '--quiet'], { env });
    expect(JSON.parse(cancelled.stdout)).toMatchObject({ id: waiting.id, status: 'cancelled' });
    expect(cancelled).toMatchObject({ code: 0, stderr: '' });

    const again = await runCli(['retry', waiting.id, '--model', 'beta'], { env });
    const retried = again.stdout.trim();
    const change = ['change', retried, '--priority', 'urgent', '--max-cost', '0.5', '--json'];
    const changed = await runCli(change, { env });
    expect(JSON.parse(changed.stdout)).toMatchObject({
      ...{ id: retried, retry_of: waiting.id, requested_model: 'beta', priority: 0 },
      cost: { ceiling: '0.5' },
    });

    await forebay.startWorker('worker-1');
    const watched = await runCli(['watch', id], { env });
    expect(watched).toMatchObject({ code: 0, stderr: expect.stringContaining('job.succeeded') });
    expect(watched.stdout.trim()).not.toBe('');
    const ended = await runCli(['watch', waiting.id, '--json'], { env });
    const events = ended.stdout.trim().split('\n');
    expect(JSON.parse(events.at(-1) ?? '')).toMatchObject({ type: 'job.cancelled' });
    expect(ended.code).toBe(1);

    const shown = await runCli(['jobs', id], { env });
    expect(shown.stdout).toContain('succeeded: answered by alpha');
    expect(shown.stdout).not.toContain('\u001b[');

    const spend = await runCli(['spend', id, '--verify'], { env });
    expect(spend).toMatchObject({ code: 0, stdout: expect.stringMatching(/final, as of .*Z\n/) });
    expect(spend.stdout).toContain('verified: signed by key ');
  });

  test('stream, wait, plan and list models', async () => {
    const { forebay, env } = await startStack();
    await forebay.startWorker('worker-1');

    const streamed = await runCli(['submit', 'Say hello.', '--model', 'alpha', '--stream'], {
      env,
    });
    const live = await runCli(['watch', streamed.stdout.trim()], { env });
    const job = JSON.parse(
      (await runCli(['jobs', streamed.stdout.trim(), '--json'], { env })).stdout,
    );
    expect(live.stdout).toBe(`${job.result.choices[0].message.content}\n`);

    const file = join(scratchFolder('request'), 'request.json');
    writeFileSync(file, JSON.stringify({ input: 'Say hello.', max_output_tokens: 9 }));
    const request = ['--kind', 'responses', '--body', file, '--model', 'beta', '--model', 'alpha'];
    const answered = await runCli(['submit', ...request, '--wait'], { env });
    expect(answered).toMatchObject({ code: 0, stderr: expect.stringMatching(/cost 0\.\d+ USD/) });
    expect(answered.stdout.trim()).not.toBe('');

    const plan = await runCli(['route', ...request], { env });
    expect(plan.stdout).toMatch(/1 {2}beta[\s\S]*2 {2}alpha/);
    const models = await runCli(['models', '--json'], { env });
    expect(JSON.parse(models.stdout)).toMatchObject([{ id: 'alpha' }, { id: 'beta' }]);
  });

  test('end with the exit code that says why', async () => {
    const { env } = await startStack();
    const hello = ['submit', 'Say hello.', '--model', 'alpha'];

    const refused = await runCli(['submit', 'x', '--model', 'gamma', '--json'], { env });
    expect(refused).toMatchObject({ code: 2, stderr: expect.stringContaining('unknown_model') });
    expect(JSON.parse(refused.stdout)).toMatchObject({
      error: { code: 'unknown_model', status: 400 },
    });
    const stranger = { ...env, FOREBAY_API_KEY: 'fb_live_wrong' };
    expect((await runCli(hello, { env: stranger })).code).toBe(2);
    expect((await runCli(hello, { env: { ...env, FOREBAY_API_KEY: undefined } })).code).toBe(2);
    expect((await runCli(['jobs', 'job_00000000000000000000000000'], { env })).code).toBe(1);
    const dear = [...hello, '--max-cost', 'much'];
    expect(await runCli(dear, { env })).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('Expected US dollars'),
    });

    const submitted = await runCli(hello, { env });
    const watching = runCli(['watch', submitted.stdout.trim()], {
      env,
      interruptAt: /job\.queued/,
    });
    expect(await watching).toMatchObject({ code: 130 });
  });

  test('say that nobody answers, after trying for a while', async () => {
    const env = { FOREBAY_URL: 'http://127.0.0.1:1', FOREBAY_API_KEY: 'fb_live_any' };
    expect(await runCli(['models'], { env })).toMatchObject({
      code: 3,
      stdout: '',
      stderr: expect.stringContaining('cannot be reached'),
    });
  });
});
