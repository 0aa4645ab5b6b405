import { spawnSync } from 'node:child_process';
import { expect, test } from 'vitest';
import { repositoryRoot } from '../support/processes.ts';

function bench(...args: readonly string[]) {
  const loader = ['--conditions=forebay-source', '--import', 'tsx', 'bench/main.ts'];
  return spawnSync(process.execPath, [...loader, ...args], {
    cwd: repositoryRoot,
    encoding: 'utf8',
    timeout: 50_000,
  });
}

test('the bench still runs: one small iteration of both sides, every answer stored', () => {
  const { status, stdout, stderr } = bench('0ms-50', '--smoke');
  expect(stderr).toMatch(/0ms-50 everysec 1\/1 bare: \d+ jobs\/s/);
  expect(stderr).toMatch(/0ms-50 everysec 1\/1 forebay: \d+ jobs\/s/);
  expect(stdout).toMatch(/\| everysec \| [\d,.]+ \([^)]*\) \| [\d,.]+ \([^)]*\) \| \d+\.\d\d \|/);
  expect(status).toBe(0);
});

test('the bench still tells what an idle system adds, and what a backlog and a plan cost', () => {
  const { status, stdout, stderr } = bench('idle', 'depth', 'plan', '--smoke');
  expect(stderr).toMatch(/idle everysec: p50 -?\d+\.\d\d ms/);
  expect(stderr).toMatch(/depth 100: \d+ jobs\/s/);
  expect(stderr).toMatch(/plan: \d+\.\d µs/);
  expect(stdout).toMatch(/\| 100 \| (?:[\d,.]+ \| ){6}[\d,.]+ \|/);
  expect(status).toBe(0);
});

test('the bench refuses a scenario that it does not have, and names those it has', () => {
  const { status, stderr } = bench('9ms-1');
  expect(status).toBe(2);
  expect(stderr).toContain('There is no scenario "9ms-1"; there are 0ms-50, 200ms-50');
});
