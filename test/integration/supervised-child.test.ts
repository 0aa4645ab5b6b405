import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { superviseChild } from '@forebay/cli/local/supervised-child';
import { inheritedEnv } from '@forebay/shared/config/read-env';
import { systemClock } from '@forebay/shared/runtime/clock';
import { expect, onTestFinished, test } from 'vitest';
import { repositoryRoot } from '../support/processes.ts';
import { scratchFolder } from '../support/scratch-folder.ts';
import { waitUntil } from '../support/wait-until.ts';

const script = join(repositoryRoot, 'test', 'support', 'dying-child.mjs');

function setup(...args: string[]) {
  const logFile = join(scratchFolder('supervised'), 'logs', 'child.log');
  const reports: string[] = [];
  const pids: number[] = [];
  const child = superviseChild(
    {
      clock: systemClock,
      report: (line) => reports.push(line),
      onStart: (_, pid) => pids.push(pid),
    },
    { name: 'child', args: [script, ...args], env: inheritedEnv(), logFile },
  );
  onTestFinished(() => child.kill());
  const log = (): string => readFileSync(logFile, 'utf8');
  return { child, reports, pids, log };
}

test('a child that was killed is started again and reported', async () => {
  const { child, reports, pids, log } = setup();
  await waitUntil(() => log().includes('hello'), { what: 'the first start' });

  process.kill(pids[0] ?? 0, 'SIGKILL');
  await waitUntil(() => log().split('hello').length > 2, { what: 'the second start' });

  expect(reports).toHaveLength(1);
  expect(reports[0]).toMatch(/child was killed by SIGKILL; starting it again in 200 ms \(log: /);
  expect(child.deaths()).toBe(1);
});

test('stopping lets the child finish and starts no other one', async () => {
  const { child, reports, pids, log } = setup();
  await waitUntil(() => log().includes('hello'), { what: 'the start' });

  await child.stop(5_000);
  await child.stop(5_000);

  expect(log()).toContain('bye');
  expect(reports).toEqual([]);
  expect(pids).toHaveLength(1);
});

test('a child that keeps ending is started later and later', async () => {
  const { child, reports } = setup('3');

  await waitUntil(() => child.deaths() >= 3, { what: 'three deaths' });
  await child.stop(5_000);

  expect(reports.slice(0, 3).map((line) => /in (\d+) ms/.exec(line)?.[1])).toEqual([
    '200',
    '400',
    '800',
  ]);
  expect(reports[0]).toContain('exit code 3');
});
