import { afterEach, expect, test } from 'vitest';
import { type Simulator, startSimulator } from '../simulator.ts';
import { askChat, post } from '../testing/ask.ts';

let simulator: Simulator;

afterEach(() => simulator.close());

async function getJson(path: string) {
  const answer = await fetch(`${simulator.url}${path}`);
  return JSON.parse(await answer.text());
}

test('bill, calls, requests and stats are read over HTTP', async () => {
  simulator = await startSimulator();
  await askChat(simulator, 'One.');
  await askChat(simulator, '[[sim:forbidden]]');
  expect((await getJson('/_sim/bill')).data).toHaveLength(1);
  expect((await getJson('/_sim/calls?at_least=2&wait_ms=1000')).data).toHaveLength(2);
  expect((await getJson('/_sim/calls?at_least=3&wait_ms=1')).reached).toBe(false);
  const [request] = (await getJson('/_sim/requests')).data;
  expect(JSON.parse(request.body).messages[0].content).toBe('One.');
  expect(await getJson('/_sim/stats')).toMatchObject({
    in_flight: 0,
    calls: 2,
    billed: 1,
    lanes: [{ model: 'small', by_fault: { forbidden: 1 }, by_ending: { answered: 1, refused: 1 } }],
  });
  expect((await fetch(`${simulator.url}/_sim/nothing`)).status).toBe(404);
});

test('calls are held and released over HTTP, and a long-poll tells when', async () => {
  simulator = await startSimulator();
  await post(`${simulator.url}/_sim/hold`, { model: 'small' });
  const waiting = getJson('/_sim/held?model=small&at_least=3&wait_ms=5000');
  const answers = ['a', 'b', 'c'].map((content) => askChat(simulator, content));
  expect((await askChat(simulator, 'x', { model: 'large' })).status).toBe(200);
  expect(await waiting).toMatchObject({ reached: true, held: 3 });
  await post(`${simulator.url}/_sim/release`, { model: 'small' });
  expect((await Promise.all(answers)).map((answer) => answer.status)).toEqual([200, 200, 200]);
  expect(await getJson('/_sim/held')).toMatchObject({ held: 0, lanes: [] });
});

test('a scenario is replaced over HTTP, a broken one is refused and changes nothing', async () => {
  simulator = await startSimulator();
  const url = `${simulator.url}/_sim/scenario`;
  const good = await post(url, 'default:\n  faults:\n    - kind: not_found\n');
  expect(good.status).toBe(200);
  const bad = await post(url, 'default:\n  latency_ms: fast\n');
  expect(bad.status).toBe(400);
  expect(JSON.parse(bad.text).error).toContain('default.latency_ms (line 2, column 15)');
  expect((await askChat(simulator, 'x')).status).toBe(404);
});
