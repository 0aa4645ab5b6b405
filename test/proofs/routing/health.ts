/**
 * Breakers, the share of unequal deployments, rates and limits over four workers, which are ended
 * one after the other.
 */
import type { ApiClient } from '../../support/http.ts';
import type { TestProcess } from '../../support/processes.ts';
import { waitUntil } from '../../support/wait-until.ts';
import type { Figures } from './figures.ts';
import { onStage, type Stage } from './stage.ts';

const providerText = (name: string): string =>
  `  ${name}: { dialect: openai, base_url: SIMULATOR/d/${name}/v1 }\n`;

function modelText(name: string, lines: readonly string[]): string {
  return `
  ${name}:
    context_window: 100000
    default_output_tokens: 20
    price: { input: "1", output: "4", source: simulator }
${lines.map((line) => `    ${line}\n`).join('')}`;
}

const config = `
providers:
${['main', 'big', 'small', 'frail'].map(providerText).join('')}
models:
${modelText('pair', [
  'deployments: [{ provider: big, concurrency: 12 }, { provider: small, concurrency: 4 }]',
])}
${modelText('frail', [
  'breaker: { open: 1s, max_open: 1s, ramp: 4s }',
  'deployments: [{ provider: frail, concurrency: 8 }]',
])}
${modelText('limited', [
  'deployments: [{ provider: main, concurrency: 20, rpm: 600, rpm_burst: 10 }]',
])}
`;

interface Played extends Stage {
  readonly api: ApiClient;
  readonly workers: TestProcess[];
}

interface Line {
  readonly what: string;
  readonly required: string;
  readonly seen: string;
  readonly holds: boolean;
}

interface Arrival {
  readonly atMs: number;
  readonly ok: boolean;
  readonly deployment: string;
}

function arrivals({ simulator }: Played, model: string): readonly Arrival[] {
  return simulator
    .calls()
    .filter((call) => call.model === model)
    .map(({ at, ending, deployment }) => ({
      ...{ atMs: Date.parse(at), ok: ending === 'answered', deployment },
    }))
    .sort((left, right) => left.atMs - right.atMs);
}

async function submitMany({ api }: Played, model: string, count: number): Promise<string[]> {
  const request = (n: number): object => ({
    ...{ kind: 'chat.completions', model, max_cost_usd: '0.05' },
    body: { messages: [{ role: 'user', content: `${model} ${n}` }] },
  });
  const ids: string[] = [];
  for (let from = 0; from < count; from += 20) {
    const page = Array.from({ length: Math.min(20, count - from) }, (_, n) => n + from);
    const jobs = await Promise.all(page.map((n) => api.submit(request(n))));
    ids.push(...jobs.map(({ id }) => id));
  }
  return ids;
}

const callsOf = (stage: Played, model: string, count: number) =>
  waitUntil(() => arrivals(stage, model).length >= count, {
    what: `${count} calls of ${model}`,
    timeoutMs: 60_000,
  });

async function unequal(stage: Played): Promise<Line[]> {
  stage.simulator.setScenario({ default: { latency_ms: 80 } });
  await submitMany(stage, 'pair', 1_200);
  await callsOf(stage, 'pair', 1_200);
  const calls = arrivals(stage, 'pair');
  const onBig = calls.filter(({ deployment }) => deployment === 'big').length;
  const ratio = onBig / (calls.length - onBig);
  const most = (name: string) =>
    Math.max(
      ...stage.simulator
        .stats()
        .lanes.filter(({ deployment }) => deployment === name)
        .map((lane) => lane.max_in_flight),
    );
  return [
    {
      what: '1,200 calls on deployments of capacity 3 : 1',
      required: '3 within 10 %',
      seen: ratio.toFixed(2),
      holds: Math.abs(ratio / 3 - 1) <= 0.1,
    },
    {
      what: 'calls at once on deployments of 12 and 4, over four workers',
      required: 'never above',
      seen: `at most ${most('big')} and ${most('small')}`,
      holds: most('big') <= 12 && most('small') <= 4,
    },
  ];
}

async function outage(stage: Played): Promise<Line[]> {
  const { simulator } = stage;
  const broken = { kind: 'server_error', every: 1, params: { status: 500 } };
  const ids = await submitMany(stage, 'frail', 200);
  await callsOf(stage, 'frail', 20);
  const startedMs = Date.now();
  simulator.setScenario({
    default: { latency_ms: 80 },
    deployments: { frail: { default: { latency_ms: 80, faults: [broken] } } },
  });
  const opened = () => stage.workers.some((worker) => worker.output().includes('breaker.open'));
  await waitUntil(opened, { what: 'a breaker to open', timeoutMs: 20_000, intervalMs: 10 });
  const openedMs = Date.now() - startedMs;
  const failed = () => arrivals(stage, 'frail').filter(({ ok }) => !ok);
  const before = failed().length;
  await waitUntil(() => failed().length >= before + 6, { what: 'six tries', timeoutMs: 30_000 });
  simulator.setScenario({ default: { latency_ms: 80 } });
  await Promise.all(ids.map((id) => stage.api.readEnded(id, 60_000)));
  const tries = failed().slice(-5);
  const gaps = tries.slice(1).map(({ atMs }, n) => atMs - (tries[n]?.atMs ?? 0));
  const answered = arrivals(stage, 'frail').filter(({ ok }) => ok);
  const lastFailedMs = tries.at(-1)?.atMs ?? 0;
  const back = answered.filter(({ atMs }) => atMs > lastFailedMs);
  const second = (from: number) =>
    back.filter(({ atMs }) => Math.floor((atMs - (back[0]?.atMs ?? 0)) / 1_000) === from).length;
  const steps = [0, 1, 2, 3].map(second);
  return [
    {
      what: 'outage under traffic until the breaker opens',
      required: 'within 1 s',
      seen: `${(openedMs / 1_000).toFixed(2)} s`,
      holds: openedMs <= 1_000,
    },
    {
      what: 'tries of four workers while it stays out, open for 1 s',
      required: 'one for each interval (0.9 s or more apart)',
      seen: gaps.map((ms) => `${(ms / 1_000).toFixed(2)} s`).join(', '),
      holds: Math.min(...gaps) >= 900,
    },
    {
      what: 'calls in the seconds after the first answer, ramp of 4 s',
      required: 'more from second to second, or until no job is left',
      seen: steps.join(', '),
      holds: (steps[0] ?? 0) < (steps[1] ?? 0) && (steps[0] ?? 0) <= 40,
    },
  ];
}

/** Calls per minute, from when the burst after the quiet time before is over. */
async function rateWith(stage: Played): Promise<number> {
  const before = arrivals(stage, 'limited').length;
  await submitMany(stage, 'limited', 220);
  await callsOf(stage, 'limited', before + 220);
  const calls = arrivals(stage, 'limited').slice(before + 20);
  return (60_000 * (calls.length - 1)) / ((calls.at(-1)?.atMs ?? 0) - (calls[0]?.atMs ?? 0));
}

async function rates(stage: Played): Promise<Line> {
  const found: number[] = [];
  for (const count of [4, 2, 1]) {
    while (stage.workers.length > count) await stage.workers.pop()?.kill('SIGTERM');
    found.push(await rateWith(stage));
  }
  const spread = Math.max(...found) / Math.min(...found) - 1;
  return {
    what: '600 requests a minute with 4, 2 and 1 workers',
    required: 'the same rate within 3 %',
    seen: found.map((rate) => rate.toFixed(0)).join(', '),
    holds: spread <= 0.03 && Math.max(...found) <= 612,
  };
}

function rowOf({ what, required, seen, holds }: Line): string {
  return `| ${what} | ${required} | ${seen} | ${holds ? 'yes' : '**no**'} |`;
}

export async function measureHealth(): Promise<Figures> {
  const scenario = JSON.stringify({ default: { latency_ms: 80 } });
  const lines = await onStage({ config, scenario }, async (stage) => {
    const names = ['w1', 'w2', 'w3', 'w4'];
    const workers = await Promise.all(names.map((name) => stage.startWorker(name)));
    const played = { ...stage, workers, api: await stage.startApi() };
    return [...(await unequal(played)), ...(await outage(played)), await rates(played)];
  });
  return {
    title: 'Deployments over four workers',
    kept: lines.every(({ holds }) => holds),
    text: `| What | Required | Seen | Holds |\n|---|---|---|---|\n${lines.map(rowOf).join('\n')}`,
  };
}
