/** A model that turns slow: how long until no api process puts it first any more. */
import { systemClock } from '@forebay/shared/runtime/clock';
import { wait } from '@forebay/shared/runtime/wait';
import type { ApiClient } from '../../support/http.ts';
import { waitUntil } from '../../support/wait-until.ts';
import type { Figures } from './figures.ts';
import { onStage, type Stage } from './stage.ts';

const apiCount = 2;
const workerCount = 2;
const promisedMs = 3_000;

/** Answers take so long: alpha first quickest, then slower than both others. */
const usual = { alpha: 100, beta: 300, gamma: 500 };
const shifted = { ...usual, alpha: 600 };

const modelText = (name: string): string => `  ${name}:
    context_window: 100000
    default_output_tokens: 20
    price: {input: "1", output: "4", source: simulator}
    deployments: [{provider: sim, concurrency: 40}]
`;

const config = `providers:
  sim: {dialect: openai, base_url: SIMULATOR/v1, api_key_env: PROVIDER_KEY}
models:
${Object.keys(usual).map(modelText).join('')}
routes: {auto: {strategy: fastest, targets: [gamma, beta, alpha]}}
`;

function scenarioOf(latencyMs: typeof usual): string {
  const rows = Object.entries(latencyMs).map(([name, ms]) => `  ${name}: {latency_ms: ${ms}}\n`);
  return `models:\n${rows.join('')}`;
}

export async function measureLatencyShift(): Promise<Figures> {
  const followedMs = await onStage({ config, scenario: scenarioOf(usual) }, play);
  const last = Math.max(...followedMs);
  const seconds = followedMs.map((ms) => (ms / 1_000).toFixed(1)).join(', ');
  return {
    title: 'A latency shift',
    kept: last <= promisedMs,
    text: `alpha answers in ${usual.alpha} ms, beta in ${usual.beta}, gamma in ${usual.gamma};
then alpha begins to take ${shifted.alpha}. ${workerCount} workers run 20 calls a second of each.
Promised: within ${promisedMs / 1_000} s no api process puts alpha first. Seconds for each of
${apiCount}: ${seconds}.`,
  };
}

/** @returns for each api process, how long it took to turn away from alpha. */
async function play(stage: Stage): Promise<readonly number[]> {
  const apis: ApiClient[] = [];
  for (let n = 0; n < apiCount; n += 1) apis.push(await stage.startApi());
  for (let n = 0; n < workerCount; n += 1) await stage.startWorker(`worker-${n}`);
  const load = keepBusy(apis);
  try {
    const first = (model: string) => (api: ApiClient) => untilFirst(api, model);
    await Promise.all(apis.map(first('alpha')));
    stage.simulator.setScenario(scenarioOf(shifted));
    const shiftedAtMs = systemClock.monotonicMs();
    return await Promise.all(
      apis.map(async (api) => {
        await untilFirst(api, 'beta');
        return systemClock.monotonicMs() - shiftedAtMs;
      }),
    );
  } finally {
    await load.end();
  }
}

function request(model: string): object {
  return {
    kind: 'chat.completions',
    model,
    body: { messages: [{ role: 'user', content: 'Name three rivers.' }] },
    max_cost_usd: '0.01',
  };
}

async function untilFirst(api: ApiClient, model: string): Promise<void> {
  await waitUntil(
    async () => {
      const { text } = await api.call('/v1/route', { body: request('auto') });
      return /"candidates":\[\{"model":"(\w+)"/.exec(text)?.[1] === model;
    },
    { what: `${model} to come first`, timeoutMs: 30_000, intervalMs: 50 },
  );
}

/** Twenty calls a second of each model, whoever is first on the route. */
function keepBusy(apis: readonly ApiClient[]): { end(): Promise<void> } {
  const stopped = new AbortController();
  const sent: Promise<unknown>[] = [];
  const run = async (): Promise<void> => {
    for (let turn = 0; !stopped.signal.aborted; turn += 1) {
      const api = apis[turn % apis.length];
      for (const model of Object.keys(usual)) {
        if (api !== undefined) sent.push(api.submit(request(model)));
      }
      await wait(systemClock, 50, stopped.signal);
    }
  };
  const running = run();
  return {
    async end() {
      stopped.abort();
      await running;
      await Promise.all(sent);
    },
  };
}
