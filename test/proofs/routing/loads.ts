/** Two unequal deployments under traffic of half of what they can take, of less, and of more. */
import { systemClock } from '@forebay/shared/runtime/clock';
import { wait } from '@forebay/shared/runtime/wait';
import type { ApiClient } from '../../support/http.ts';
import { listMember, textMember } from '../../support/read-member.ts';
import { seededNumbers } from '../../support/seeded-numbers.ts';
import { waitUntil } from '../../support/wait-until.ts';
import type { Figures } from './figures.ts';
import { onStage } from './stage.ts';

const workerCount = 4;
const promised = 0.1;
const loads = [0.3, 0.5, 0.8, 1.2];
/** How long each load lasts. */
const lastsMs = 20_000;

interface Side {
  readonly name: string;
  readonly places: number;
  readonly latencyMs: number;
}

interface Pair {
  readonly model: string;
  readonly sides: readonly [Side, Side];
}

/** Unequal in places, in speed, and in both. */
const pairs: readonly Pair[] = [
  pairOf('places', [12, 600], [4, 600]),
  pairOf('speed', [6, 400], [6, 1_600]),
  pairOf('both', [4, 500], [10, 1_500]),
];

type SideFacts = readonly [places: number, latencyMs: number];

function pairOf(model: string, ...facts: readonly [SideFacts, SideFacts]): Pair {
  const side = ([places, latencyMs]: SideFacts, n: number): Side => {
    return { name: `${model}-${n}`, places, latencyMs };
  };
  return { model, sides: [side(facts[0], 0), side(facts[1], 1)] };
}

/** Nobody ends these waits early. */
const running = new AbortController();

const allSides = pairs.flatMap(({ sides }) => sides);

const config = `
providers:
${allSides.map(providerText).join('')}
models:
${pairs.map(modelText).join('')}
`;

function providerText({ name }: Side): string {
  return `  ${name}: { dialect: openai, base_url: SIMULATOR/d/${name}/v1 }\n`;
}

function modelText({ model, sides }: Pair): string {
  const deployments = sides.map(
    ({ name, places }) => `{ provider: ${name}, concurrency: ${places} }`,
  );
  return `
  ${model}:
    context_window: 100000
    default_output_tokens: 20
    price: { input: "1", output: "4", source: simulator }
    deployments: [${deployments.join(', ')}]
`;
}

const scenario = JSON.stringify({
  default: { latency_ms: 0 },
  deployments: Object.fromEntries(
    allSides.map(({ name, latencyMs }) => [name, { default: { latency_ms: latencyMs } }]),
  ),
});

interface Row {
  readonly model: string;
  readonly load: number;
  readonly calls: number;
  /** Busy time of each place, of the first deployment to that of the second. */
  readonly ratio: number;
}

export async function measureLoads(): Promise<Figures> {
  const rows = await onStage({ config, scenario }, async (stage) => {
    const api = await stage.startApi();
    for (let n = 0; n < workerCount; n += 1) await stage.startWorker(`worker-${n}`);
    const found: Row[] = [];
    for (const load of loads) found.push(...(await playLoad(api, load)));
    return found;
  });
  const holds = ({ ratio }: Row): boolean => Math.abs(ratio - 1) <= promised;
  const lines = rows.map((row) => {
    const { model, load, calls, ratio } = row;
    const cells = [
      model,
      `${100 * load} %`,
      calls,
      ratio.toFixed(3),
      holds(row) ? 'yes' : '**no**',
    ];
    return `| ${cells.join(' | ')} |`;
  });
  const shown = pairs.map(({ model, sides }) => {
    const [first, second] = sides.map(({ places, latencyMs }) => `${places} of ${latencyMs} ms`);
    return `\`${model}\` ${first} beside ${second}`;
  });
  return {
    title: 'Unequal deployments at every load',
    kept: rows.every(holds),
    text: `Places and times of the calls: ${shown.join('; ')}. Jobs come by chance
for ${lastsMs / 1_000} s at each load, to the pools of ${workerCount} workers. Promised: a place
of one is busy for as long as a place of the other, within ${100 * promised} %; so calls are in
the ratio of the capacities.

| Pair | Load | Calls | Busy ratio | Holds |
|---|---|---|---|---|
${lines.join('\n')}`,
  };
}

async function playLoad(api: ApiClient, load: number): Promise<readonly Row[]> {
  return Promise.all(
    pairs.map(async (pair, n) => {
      const ids = await sendTo(api, pair, { load, seed: n + 1 });
      const jobs = [];
      for (const id of ids) jobs.push(await api.readEnded(id, 60_000));
      const attempts = jobs.flatMap(({ raw }) => listMember(raw, 'attempts'));
      const [first = 0, second = 0] = pair.sides.map((side) => busyMs(attempts, pair, side));
      return { model: pair.model, load, calls: attempts.length, ratio: first / second };
    }),
  );
}

/** How long each place of a deployment was busy, as its workers saw it. */
function busyMs(attempts: readonly unknown[], { model }: Pair, { name, places }: Side): number {
  const own = attempts.filter((each) => textMember(each, 'deployment') === `${model}/${name}`);
  const spans = own.map(
    (each) => Date.parse(textMember(each, 'ended_at')) - Date.parse(textMember(each, 'started_at')),
  );
  return spans.reduce((sum, ms) => sum + ms, 0) / places;
}

/** Jobs at random moments, as many as make up that load. @returns their ids. */
async function sendTo(
  api: ApiClient,
  { model, sides }: Pair,
  { load, seed }: { readonly load: number; readonly seed: number },
): Promise<readonly string[]> {
  const random = seededNumbers(seed);
  const perMs = load * sides.reduce((sum, side) => sum + side.places / side.latencyMs, 0);
  const sent: Promise<string>[] = [];
  const startedMs = systemClock.monotonicMs();
  for (let atMs = 0; ; ) {
    atMs += -Math.log(1 - random()) / perMs;
    if (atMs > lastsMs) break;
    const leftMs = startedMs + atMs - systemClock.monotonicMs();
    if (leftMs > 0) await wait(systemClock, leftMs, running.signal);
    sent.push(submitOnce(api, model, `${model} ${load} ${sent.length}`));
  }
  return Promise.all(sent);
}

/** Asks again while the store is slow: the arrivals are what counts, not the api's answers. */
function submitOnce(api: ApiClient, model: string, name: string): Promise<string> {
  const body = {
    ...{ kind: 'chat.completions', model, max_cost_usd: '0.05' },
    body: { messages: [{ role: 'user', content: `Name a river, ${name}.` }] },
  };
  const call = { body, headers: { 'idempotency-key': name } };
  const taken = async (): Promise<string | false> => {
    const answer = await api.call('/v1/jobs', call);
    return answer.status < 300 && textMember(answer.json(), 'id');
  };
  return waitUntil(taken, { what: `job ${name} to be taken`, timeoutMs: 60_000, intervalMs: 100 });
}
