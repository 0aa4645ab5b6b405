import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { mainOf, startProcess } from '../support/processes.ts';
import { scratchFolder } from '../support/scratch-folder.ts';

const ready = /^simulator ready url=(http:\/\/127\.0\.0\.1:\d+) sink=(http:\/\/127\.0\.0\.1:\d+)$/m;

function ask(url: string): Promise<Response> {
  const body = JSON.stringify({ model: 'small', messages: [{ role: 'user', content: 'Hello' }] });
  return fetch(`${url}/v1/chat/completions`, { method: 'POST', body });
}

test('the simulator process serves its scenario, and its bill file survives a kill', async () => {
  const folder = scratchFolder('simulator');
  const scenario = join(folder, 'scenario.yaml');
  const bill = join(folder, 'bill.jsonl');
  writeFileSync(scenario, 'models:\n  small:\n    latency_ms: 0\n    output_tokens: 3\n');
  const simulator = startProcess({
    name: 'simulator',
    args: [mainOf('simulator'), '--scenario', scenario, '--seed', '7', '--bill', bill],
  });
  const [, url = '', sinkUrl = ''] = await simulator.waitForOutput(ready);
  const answer = await ask(url);
  const delivered = await fetch(`${sinkUrl}/ok`, { method: 'POST', body: '{}' });

  await simulator.kill('SIGKILL');

  expect(answer.status).toBe(200);
  expect(delivered.status).toBe(200);
  expect(JSON.parse(readFileSync(bill, 'utf8'))).toMatchObject({ completion_tokens: 3 });
});

test('SIGTERM ends the simulator although a call is held', async () => {
  const simulator = startProcess({ name: 'simulator', args: [mainOf('simulator')] });
  const [, url = ''] = await simulator.waitForOutput(ready);
  await fetch(`${url}/_sim/hold`, { method: 'POST', body: '{}' });
  const held = ask(url).catch((error: Error) => error);
  await fetch(`${url}/_sim/held?at_least=1&wait_ms=5000`);

  await simulator.kill('SIGTERM');

  expect(await held).toBeInstanceOf(Error);
  expect(await simulator.exited).toEqual({ code: 0, signal: null });
});

test('a broken scenario file is refused with its place', async () => {
  const scenario = join(scratchFolder('simulator'), 'scenario.yaml');
  writeFileSync(scenario, 'models:\n  small:\n    latency: 5\n');
  const simulator = startProcess({
    name: 'simulator',
    args: [mainOf('simulator'), '--scenario', scenario],
  });

  expect(await simulator.exited).toMatchObject({ code: 1 });
  expect(simulator.output()).toContain('models.small.latency (line 3, column 14): unknown field');
});
