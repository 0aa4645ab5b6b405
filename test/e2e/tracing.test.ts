/** One trace follows a job through real processes, and tells nothing of what is asked (S10). */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseJobId } from '@forebay/shared/domain/ids';
import { isRecord, type JobSpec } from '@forebay/shared/domain/job';
import { describe, expect, it } from 'vitest';
import { sendBulk } from '../support/bulk-client.ts';
import { startForebay, type TestForebay } from '../support/forebay.ts';
import { type ApiClient, createApiClient } from '../support/http.ts';
import type { TestProcess } from '../support/processes.ts';
import { useRedis } from '../support/redis.ts';
import { scratchFolder } from '../support/scratch-folder.ts';
import { testTenant, useStore } from '../support/store.ts';
import {
  type SeenSpan,
  startTraceCollector,
  type TraceCollector,
} from '../support/trace-collector.ts';
import { twoModels, twoModelsScenario } from '../support/two-models.ts';
import { waitUntil } from '../support/wait-until.ts';

const redis = useRedis();

const callersTraceId = '0af7651916cd43dd8448eb211c80319c';
const callersSpanId = 'b7ad6b7169203331';
const sampled = { traceparent: `00-${callersTraceId}-${callersSpanId}-01` };
const unsampled = { traceparent: `00-${callersTraceId}-${callersSpanId}-00` };
const secretPrompt = 'the-prompt-that-nobody-else-may-see';

interface Stage {
  readonly forebay: TestForebay;
  readonly collector: TraceCollector;
  readonly api: ApiClient;
  readonly target: { readonly url: string; readonly key: string };
  readonly apiProcess: TestProcess;
}

async function start(env: Readonly<Record<string, string>> = {}): Promise<Stage> {
  const collector = await startTraceCollector();
  const forebay = await startForebay({
    redisUrl: redis().url,
    config: twoModels,
    scenario: twoModelsScenario,
    env: { ...collector.env, ...env },
  });
  const apiEnv = { FOREBAY_WORKER_NAME: 'the-api' };
  const { url, process: apiProcess } = await forebay.startApi(apiEnv);
  const target = { url, key: forebay.apiKey };
  return { forebay, collector, api: createApiClient(target), target, apiProcess };
}

function jobFor({ simulator }: TestForebay) {
  return {
    kind: 'chat.completions',
    model: 'alpha',
    body: { messages: [{ role: 'user', content: secretPrompt }] },
    metadata: { note: secretPrompt },
    max_cost_usd: '0.05',
    webhook: { url: `${simulator.sinkUrl}/ok?token=${secretPrompt}` },
  };
}

async function storedSpec({ forebay }: Stage, id: string): Promise<JobSpec> {
  const store = await useStore(redis().url, { namespace: forebay.namespace });
  const jobId = parseJobId(id);
  if (jobId === undefined) throw new Error(`${id} is no job id`);
  const record = await store.jobs.read({ tenant: testTenant, id: jobId });
  if (!isRecord(record)) throw new Error('the record cannot be read');
  return record.spec;
}

const named = (name: string) => (span: SeenSpan) => span.name === name;

describe('one trace', () => {
  it('covers a job from its submission over queue and provider to its webhook', async () => {
    const stage = await start();
    const { forebay, collector, api } = stage;
    const worker = await forebay.startWorker('the-worker');
    const tracestate = { tracestate: 'vendor=opaque' };
    const { id } = await api.submit(jobFor(forebay), { ...sampled, ...tracestate });
    await api.readEnded(id);
    const delivery = await collector.find('deliver webhook', named('deliver webhook'));
    const request = await collector.find('POST', named('POST /v1/jobs'));
    const submit = await collector.find('submit job', named('submit job'));
    const wait = await collector.find('wait in queue', named('wait in queue'));
    const attempt = await collector.find('run attempt', named('run attempt'));
    const call = await collector.find('chat alpha', named('chat alpha'));

    const all = [request, submit, wait, attempt, call, delivery];
    expect(new Set(all.map(({ traceId }) => traceId))).toEqual(new Set([callersTraceId]));
    expect(request.parentSpanId).toBe(callersSpanId);
    expect(submit.parentSpanId).toBe(request.spanId);
    for (const span of [wait, attempt, delivery]) expect(span.parentSpanId).toBe(submit.spanId);
    expect(call.parentSpanId).toBe(attempt.spanId);
    expect(all.map(({ kind }) => kind)).toEqual([2, 4, 1, 5, 3, 3]);
    expect([request, submit].map(({ instance }) => instance)).toEqual(['the-api', 'the-api']);
    expect([attempt, call, delivery].every((span) => span.instance === 'the-worker')).toBe(true);
    expect(all.filter((span) => span.isFailed || span.durationMs < 0)).toEqual([]);

    expect(request.attributes).toMatchObject({ 'http.response.status_code': 202 });
    expect(submit.attributes).toMatchObject({ 'forebay.job.id': id, 'forebay.model': 'alpha' });
    expect(attempt.attributes).toMatchObject({
      'forebay.job.id': id,
      'forebay.job.state': 'succeeded',
      'forebay.deployment': 'alpha/main',
      'forebay.attempt.outcome': 'succeeded',
      'forebay.attempt.cost_is': 'exact',
    });
    expect(call.attributes).toMatchObject({
      'gen_ai.operation.name': 'chat',
      'gen_ai.provider.name': 'sim',
      'gen_ai.request.model': 'alpha',
    });
    expect(delivery.attributes).toMatchObject({
      'forebay.webhook.event': 'job.succeeded',
      'forebay.webhook.outcome': 'delivered',
    });
    // Kept beside the job and shown to nobody; neither provider nor receiver hear of it.
    expect(await storedSpec(stage, id)).toMatchObject({ trace: tracestate });
    expect((await api.call(`/v1/jobs/${id}`)).text).not.toContain(callersTraceId);
    const [sent] = forebay.simulator.deliveries();
    expect(Object.keys(sent?.headers ?? {})).not.toContain('traceparent');
    for (const secret of [secretPrompt, forebay.apiKey, forebay.webhookSecret, 'provider-key']) {
      expect(collector.text()).not.toContain(secret);
    }
    const ended = /^.*"POST".*"request\.ended".*$/m.exec(stage.apiProcess.output())?.[0] ?? '';
    expect(ended).toContain(`"trace_id":"${callersTraceId}","span_id":"${request.spanId}"`);
    expect(worker.output()).toMatch(new RegExp(`"trace_id":"${callersTraceId}".*"attempt.ended"`));
  });

  it('goes on with the next attempt when the worker of the first was killed', async () => {
    const { forebay, collector, api } = await start();
    const doomed = await forebay.startWorker('doomed', { FOREBAY_ROLES: 'pool' });
    forebay.simulator.hold({ model: 'alpha' });
    const { id } = await api.submit(jobFor(forebay), sampled);
    expect(await forebay.simulator.waitForHeld(1, 10_000, { model: 'alpha' })).toBe(true);
    await forebay.startWorker('living');
    await doomed.kill('SIGKILL');
    forebay.simulator.release({ model: 'alpha' });
    await api.readEnded(id);
    const move = await collector.find('reassign job', named('reassign job'));
    const second = await collector.find('run attempt', named('run attempt'));
    await collector.find('deliver webhook', named('deliver webhook'));
    const submit = await collector.find('submit job', named('submit job'));
    expect(move.notes).toContain('attempt lost');
    expect(move.attributes).toMatchObject({ 'forebay.reassign.from': 'alpha' });
    expect(second.instance).toBe('living');
    expect(second.attributes).toMatchObject({ 'forebay.attempt.n': 2 });
    for (const span of [move, second]) expect(span.parentSpanId).toBe(submit.spanId);
    const ofJob = collector.spans().filter((span) => span.attributes['forebay.job.id'] === id);
    expect(new Set(ofJob.map(({ traceId }) => traceId))).toEqual(new Set([callersTraceId]));
  });
});

it('gives each line of a sampled bulk call a trace that points at the call', async () => {
  const { forebay, collector, api, target } = await start();
  await forebay.startWorker('worker');
  const body = `${JSON.stringify(jobFor(forebay))}\n`.repeat(2);
  const ids: string[] = [];
  for (const headers of [unsampled, sampled]) {
    const answer = await sendBulk(target, body, { headers });
    ids.push(...answer.lines.flatMap((line) => line.id ?? []));
  }
  expect(ids).toHaveLength(4);
  for (const id of ids) await api.readEnded(id);
  const isDelivery = named('deliver webhook');
  await waitUntil(() => collector.spans().filter(isDelivery).length === 2, { what: 'two traces' });
  const request = await collector.find('the call', named('POST /v1/jobs:bulk'));
  const submits = collector.spans().filter(named('submit job'));
  expect(request.traceId).toBe(callersTraceId);
  expect(submits.map((span) => span.linkedTo)).toEqual([[request.spanId], [request.spanId]]);
  const traces = new Set(submits.map(({ traceId }) => traceId));
  expect(traces.size).toBe(2);
  expect(traces).not.toContain(callersTraceId);
  const delivered = collector.spans().filter(isDelivery);
  expect(new Set(delivered.map(({ traceId }) => traceId))).toEqual(traces);
  // Nothing of the first call was exported, at no step.
  const ofJobs = collector.spans().map((span) => span.attributes['forebay.job.id']);
  for (const id of ids.slice(0, 2)) expect(ofJobs).not.toContain(id);
});

it('sends what it holds when it is stopped, and stops without a collector as well', async () => {
  const { forebay, collector, api, apiProcess } = await start({
    OTEL_BSP_SCHEDULE_DELAY: '600000',
  });
  const nowhere = { OTEL_EXPORTER_OTLP_ENDPOINT: 'http://127.0.0.1:9' };
  const lonely = await forebay.startWorker('lonely', nowhere);
  const { id } = await api.submit(jobFor(forebay), sampled);
  await api.readEnded(id);
  expect(collector.text()).toBe('');
  await apiProcess.kill('SIGTERM');
  await lonely.kill('SIGTERM');
  expect(collector.spans().map(({ name }) => name)).toContain('submit job');
  expect([await apiProcess.exited, await lonely.exited].map(({ code }) => code)).toEqual([0, 0]);
});

describe('without tracing', () => {
  it('loads no SDK, keeps no trace with the job and sends nothing', async () => {
    const coverage = scratchFolder('coverage');
    const stage = await start({ FOREBAY_TRACING: 'off', NODE_V8_COVERAGE: coverage });
    const { forebay, collector, api } = stage;
    const worker = await forebay.startWorker('worker');
    const { id } = await api.submit(jobFor(forebay), sampled);
    await api.readEnded(id);
    expect(await storedSpec(stage, id)).not.toHaveProperty('trace');
    expect(worker.output()).not.toContain('trace_id');
    await worker.kill('SIGTERM');
    expect(loadedScripts(coverage).filter((url) => /@opentelemetry\+(?!api@)/.test(url))).toEqual(
      [],
    );
    expect(collector.text()).toBe('');
  });
});

/** The scripts of processes that have ended, as Node itself counts them. */
function loadedScripts(folder: string): readonly string[] {
  const files = existsSync(folder) ? readdirSync(folder) : [];
  const urls = files.flatMap((file) => {
    const text = readFileSync(join(folder, file), 'utf8');
    return [...text.matchAll(/"url":"([^"]+)"/g)].map(([, url = '']) => url);
  });
  // Else the list would be empty for another reason.
  expect(urls.some((url) => url.includes('bullmq'))).toBe(true);
  expect(urls.some((url) => url.includes('@opentelemetry+api@'))).toBe(true);
  return urls;
}
