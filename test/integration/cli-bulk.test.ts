// `forebay bulk` against real processes: on a terminal, in a pipe, and read by a program.

import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { bulkJob, bulkRows, ndjson } from '../support/bulk-jobs.ts';
import { startForebay } from '../support/forebay.ts';
import { mainOf } from '../support/processes.ts';
import { startInTerminal } from '../support/pseudo-terminal.ts';
import { useRedis } from '../support/redis.ts';
import { runCli } from '../support/run-cli.ts';
import { scratchFolder } from '../support/scratch-folder.ts';
import { twoModels } from '../support/two-models.ts';

const redis = useRedis();
const rowCount = 60;
const escapeCode = '\u001b';

async function setup(rows: readonly unknown[] = bulkRows(rowCount)) {
  const forebay = await startForebay({ redisUrl: redis().url, config: twoModels });
  const api = await forebay.startApi();
  const file = join(scratchFolder('bulk'), 'rows.ndjson');
  writeFileSync(file, ndjson(rows));
  await forebay.startWorker('worker-1');
  return { file, env: { FOREBAY_URL: api.url, FOREBAY_API_KEY: forebay.apiKey } };
}

const parsed = (text: string): readonly unknown[] =>
  text
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line));

// Elsewhere `script` takes other arguments.
describe.skipIf(process.platform !== 'linux')('on a terminal', () => {
  test('shows how far it is, with rate, time left and cost, and ends with a table', async () => {
    const { file, env } = await setup();
    const terminal = startInTerminal({
      name: 'bulk',
      command: `node ${mainOf('cli')} bulk ${file} --wait`,
      env: { ...env, NO_COLOR: undefined },
    });
    expect(await terminal.exited).toMatchObject({ code: 0 });
    const shown = terminal.output().replaceAll('\r\n', '\n');
    const [head = '', ...frames] = shown.split(`\r${escapeCode}[2K`);
    expect(head).toBe('');
    expect(frames.some((frame) => /^[█░]{24} \d+\/\d+ ended .* ETA [\d.]+ /.test(frame))).toBe(
      true,
    );
    const last = frames.at(-1) ?? '';
    expect(last).toMatch(/^█{24} 60\/60 ended {2}60 succeeded {2}[\d.]+\/s {2}0\.\d+ USD\n/);
    expect(last).toMatch(/\n +lines +count\n.*\n +accepted +60\n/);
    expect(last).toMatch(/\n +ended +jobs +cost USD\n.*\n +succeeded +60 +0\.\d+\n +together +60 /);
    expect(last).toMatch(/\n {2}batch bulk_[0-9a-z]{26}, completed after [^\n]+\n$/);
  });
});

describe('in a pipe', () => {
  test('writes plain lines, and the table to standard output', async () => {
    const { file, env } = await setup();
    const run = await runCli(['bulk', file, '--wait'], { env });
    expect(run.code).toBe(0);
    expect(run.stdout + run.stderr).not.toContain(escapeCode);
    expect(run.stdout + run.stderr).not.toContain('\r');
    for (const line of run.stderr.trim().split('\n')) expect(line).toMatch(/^forebay: /);
    expect(run.stderr).toMatch(/forebay: 60\/60 ended {2}60 succeeded/);
    expect(run.stdout).toMatch(/succeeded +60 /);
  });

  test('under --json gives one document a line, and names what was rejected', async () => {
    const { file, env } = await setup([...bulkRows(2), { ...bulkJob('bad'), model: 'gamma' }]);
    const run = await runCli(['bulk', file, '--wait', '--json', '--quiet'], { env });
    expect(run.code).toBe(1);
    const documents = parsed(run.stdout);
    expect(documents.slice(0, 3)).toEqual(
      expect.arrayContaining([expect.objectContaining({ line: 1, status: 'accepted' })]),
    );
    const ended = expect.objectContaining({ status: 'succeeded', custom_id: 'row-2' });
    expect(documents).toContainEqual({ ended });
    expect(documents).toContainEqual(
      expect.objectContaining({
        ...{ line: 3, status: 'rejected', custom_id: 'bad' },
        error: expect.objectContaining({ code: 'unknown_model' }),
      }),
    );
    expect(documents.at(-1)).toMatchObject({
      summary: { outcome: 'completed', accepted: 2, rejected: 1, ended: { succeeded: 2 } },
    });
    expect(run.stderr).toContain('line 3: ');
  });

  test('takes the lines from standard input, and a second time finds them known', async () => {
    const { env } = await setup();
    const args = ['bulk', '-', '--batch-key', 'nightly', '--json'];
    const input = ndjson(bulkRows(3));
    const first = await runCli(args, { env, input });
    const again = await runCli(args, { env, input });
    expect(parsed(first.stdout).at(-1)).toMatchObject({ summary: { accepted: 3 } });
    expect(parsed(again.stdout).at(-1)).toMatchObject({
      summary: { accepted: 0, duplicates: 3 },
    });
  });
});
