/**
 * Real processes behind a proxy that loses replies: the script has taken effect, its caller never
 * hears of it (F11, F15). Script after script, the first reply and then every tenth is lost while
 * jobs with ceilings run; whatever is sent again, nothing is spent twice and nothing stays reserved
 * (P6, P8), and text that was shown stands there once.
 */
import { randomUUID } from 'node:crypto';
import { type ScriptName, scriptKeyCounts } from '@forebay/shared/redis/script-registry';
import { loadScript } from '@forebay/shared/redis/script-runner';
import { describe, expect, it, onTestFinished } from 'vitest';
import { expectAuditAgrees } from '../support/audit-money.ts';
import { crashConfig, servedModels } from '../support/crash-jobs.ts';
import { startForebay, type TestForebay } from '../support/forebay.ts';
import { type ApiClient, createApiClient } from '../support/http.ts';
import { useRedis } from '../support/redis.ts';
import { answerText, shownText } from '../support/shown-text.ts';
import { readEvents } from '../support/sse-client.ts';
import { seededLoss, startTcpProxy } from '../support/tcp-proxy.ts';
import { twoModelsScenario } from '../support/two-models.ts';
import { type EndedJob, expectMoneyHolds, readAllEnded } from '../support/verdict.ts';
import { waitUntil } from '../support/wait-until.ts';

const redis = useRedis();
const seed = 1_711;
const lossProbability = 0.1;
const jobsPerScript = 12;

const scenario = `${twoModelsScenario}
  narrow:
    price:
      input_per_million_usd: "1"
      cached_input_per_million_usd: "1"
      output_per_million_usd: "4"
`;

/** Script names by what EVALSHA calls them. */
const names = Object.keys(scriptKeyCounts).filter(
  (name): name is ScriptName => name in scriptKeyCounts,
);

/** What each round calls, however slow the machine; what no round calls has tests of its own. */
const everyRound: readonly ScriptName[] = [
  ...(['admit', 'claim', 'renew', 'settle', 'reassign', 'change', 'list'] as const),
  ...(['lane-offer', 'lane-place', 'lane-live', 'permit-acquire', 'permit-release'] as const),
  ...(['outbox-take', 'outbox-record', 'delta-append'] as const),
];

type WordsJudge = (words: readonly string[]) => boolean;

function isCallOf(script: ScriptName): WordsJudge {
  const { digest } = loadScript(script);
  return ([command, first = '']) =>
    (command === 'EVALSHA' && first === digest) ||
    (command === 'EVAL' && first.startsWith(`-- ${script}: `));
}

/** Loses the first reply of a script's, so that no script goes unharmed, and some of the others. */
function lossOf(script: ScriptName, seedOfScript: number): WordsJudge {
  const isCall = isCallOf(script);
  const some = seededLoss(seedOfScript, lossProbability, isCall);
  let lostOne = false;
  return (words) => {
    if (lostOne || !isCall(words)) return some(words);
    lostOne = true;
    return true;
  };
}

/** Loses nothing, and tells which scripts were called. */
function watchCalls(): { readonly called: Set<ScriptName>; readonly watch: WordsJudge } {
  const called = new Set<ScriptName>();
  const checks = names.map((name) => ({ name, isCall: isCallOf(name) }));
  const watch: WordsJudge = (words) => {
    for (const { name, isCall } of checks) if (isCall(words)) called.add(name);
    return false;
  };
  return { called, watch };
}

/** Plain jobs, jobs that fall back, that pile up, that start later; all with a tight ceiling. */
const prompts = ['hello', '[[sim:server_error status=503 model=alpha]]', '[[sim:latency ms=700]]'];

function requestFor(forebay: TestForebay, n: number): object {
  const later = { run_at: new Date(Date.now() + 200).toISOString() };
  return {
    kind: 'chat.completions',
    model: n % 4 === 3 ? 'narrow' : 'alpha',
    body: { messages: [{ role: 'user', content: `${prompts[n % prompts.length]} ${n}` }] },
    // Enough for the first attempt and the fallback, and for nothing more.
    max_cost_usd: '0.003',
    stream: n % 2 === 0,
    ...(n % 5 === 0 ? later : {}),
    webhook: { url: `${forebay.simulator.sinkUrl}/ok` },
  };
}

/** Sends the same submission under the same key until it is answered: what a client should do. */
async function submit(api: ApiClient, request: object): Promise<string> {
  const key = { 'idempotency-key': randomUUID() };
  const job = await waitUntil(() => api.submit(request, key), {
    what: 'the submission to be answered',
    timeoutMs: 30_000,
  });
  return job.id;
}

/** Lists jobs and changes one, which may have ended by now, until both are answered. */
async function listAndChange(api: ApiClient, id: string): Promise<void> {
  const change = { method: 'PATCH', body: { priority: 1 }, headers: { 'if-match': '*' } };
  const isDone = async (): Promise<boolean> => {
    const listed = await api.call('/v1/jobs?limit=1');
    const changed = await api.call(`/v1/jobs/${id}`, change);
    return listed.status === 200 && [200, 409].includes(changed.status);
  };
  await waitUntil(isDone, { what: 'a list and a change to be answered', timeoutMs: 30_000 });
}

/** Lost replies may cost the end of what is shown, which the stream says, but never double it. */
async function expectTextOnce(api: { url: string; key: string }, job: EndedJob): Promise<void> {
  const url = `${api.url}/v1/jobs/${job.id}/events`;
  const { events } = await readEvents({ url, key: api.key });
  expect(events.map(({ id }) => id)).toEqual(
    [...new Set(events.map(({ id }) => id))].toSorted((a, b) => a - b),
  );
  const [shown, whole] = [shownText(events), answerText(job)];
  if (events.some(({ type }) => type === 'job.gap')) expect(whole.startsWith(shown)).toBe(true);
  else expect(shown).toBe(whole);
}

describe('replies that get lost', () => {
  it('cost nothing twice, whichever script they belong to', async () => {
    const proxy = await startTcpProxy(redis().port);
    onTestFinished(() => proxy.close());
    const forebay = await startForebay({
      redisUrl: proxy.url,
      config: crashConfig,
      scenario,
      env: { FOREBAY_POOL_MODELS: servedModels },
    });
    const { url } = await forebay.startApi();
    await Promise.all([forebay.startWorker('w1'), forebay.startWorker('w2')]);
    const api = createApiClient({ url, key: forebay.apiKey });
    const ids: string[] = [];
    const runRound = async (): Promise<void> => {
      const round = Array.from({ length: jobsPerScript }, (_, n) =>
        submit(api, requestFor(forebay, n)),
      );
      const added = await Promise.all(round);
      await listAndChange(api, added[0] ?? '');
      await readAllEnded(api, added, 60_000);
      ids.push(...added);
    };
    const seen = watchCalls();
    proxy.loseReplies(seen.watch);
    await runRound();
    const scripts = names.filter((name) => everyRound.includes(name) || seen.called.has(name));
    const neverCalled: ScriptName[] = [];
    for (const [index, script] of scripts.entries()) {
      const lostBefore = proxy.lost.length;
      proxy.loseReplies(lossOf(script, seed + index));
      await runRound();
      if (proxy.lost.length === lostBefore) neverCalled.push(script);
    }
    proxy.loseReplies(undefined);
    const jobs = await readAllEnded(api, ids);
    expect(new Set(ids).size).toBe((1 + scripts.length) * jobsPerScript);
    for (const job of jobs) expect(['succeeded', 'failed']).toContain(job.status);
    expectMoneyHolds(jobs, forebay.simulator);
    await expectAuditAgrees(redis().url, forebay.namespace);
    const shown = jobs.filter(
      ({ status, raw }) => status === 'succeeded' && raw['stream'] === true,
    );
    expect(shown.length).toBeGreaterThan(scripts.length);
    for (const job of shown) await expectTextOnce({ url, key: forebay.apiKey }, job);
    expect(everyRound.filter((script) => neverCalled.includes(script))).toEqual([]);
  }, 180_000);
});
