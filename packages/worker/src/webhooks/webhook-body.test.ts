import { newJobId, parseTenantId } from '@forebay/shared/domain/ids';
import type { JobEventType, JobRecord } from '@forebay/shared/domain/job';
import type { JobState } from '@forebay/shared/domain/job-state';
import type { JobOutboxEvent } from '@forebay/shared/ports/outbox-store';
import { describe, expect, test } from 'vitest';
import { buildEndpointEventBody, buildJobEventBody } from './webhook-body.ts';

const id = newJobId();
const tenant = parseTenantId('dev');
if (tenant === undefined) throw new Error('not a tenant name');
const kind = 'chat.completions';
const endedAtMs = Date.UTC(2026, 0, 2, 3, 4, 5, 6);

function recordIn(state: JobState, change: Partial<JobRecord> = {}): JobRecord {
  if (tenant === undefined) throw new Error('not a tenant name');
  return {
    schema: 1,
    id,
    tenant,
    state,
    statusReason: { code: 'x', text: 'x' },
    version: 7,
    fence: 2,
    spec: {
      kind,
      requested: 'auto',
      models: [],
      features: {
        kind,
        inputTokensBound: 1,
        inputTokensEstimate: 1,
        imageCount: 0,
        outputTokensRequested: undefined,
        choices: 1,
        needs: [],
      },
      metadata: { order: '17' },
      user: undefined,
      customId: 'line-1',
      riskRetries: 1,
      fallbackOnFilter: false,
      webhook: undefined,
    },
    priority: 5,
    createdAtMs: 1,
    runAtMs: undefined,
    startedAtMs: 2,
    finishedAtMs: endedAtMs,
    cancelRequestedAtMs: undefined,
    deadlineAtMs: 3,
    leaseUntilMs: undefined,
    notBeforeMs: 0,
    model: 'gpt-mini',
    whyChosen: 'cheapest',
    plan: {
      requested: 'auto',
      strategy: 'cheapest',
      candidates: [],
      exclusions: [],
      catalogVersion: 'test',
      plannedAtMs: 1,
    },
    money: { ceiling: 250_000_000n, reserved: 0n, spent: 1_234n, unknown: 9_007_199_254_740_993n },
    attempts: [],
    workerDeaths: 0,
    usage: undefined,
    error: undefined,
    hasResult: true,
    history: [],
    ...change,
  };
}

function bodyOf(type: JobEventType, record: JobRecord): unknown {
  if (tenant === undefined) throw new Error('not a tenant name');
  const event: JobOutboxEvent = {
    id: 'evt_1',
    type,
    tenant,
    job: id,
    endpointId: 'ep_1',
    url: 'https://example.com/',
    version: 5,
    atMs: endedAtMs,
    sequence: undefined,
    attempts: 0,
    run: '',
    endpointFailures: 0,
  };
  const bytes = buildJobEventBody({ event, record, publicUrl: 'https://forebay.example.com' });
  return JSON.parse(Buffer.from(bytes).toString('utf8'));
}

describe('the body', () => {
  test('of an end is thin: state, cost, link, and what the caller gave along', () => {
    expect(bodyOf('job.succeeded', recordIn('succeeded'))).toEqual({
      type: 'job.succeeded',
      timestamp: '2026-01-02T03:04:05.006Z',
      data: {
        id,
        object: 'job',
        status: 'succeeded',
        version: 5,
        job_url: `https://forebay.example.com/v1/jobs/${id}`,
        requested_model: 'auto',
        model: 'gpt-mini',
        finished_at: '2026-01-02T03:04:05.006Z',
        cost: {
          ceiling: '0.25',
          spent: '0.000001234',
          unknown: '9007199.254740993',
          currency: 'USD',
        },
        error: null,
        custom_id: 'line-1',
        user: null,
        metadata: { order: '17' },
      },
    });
  });

  test('of a failed job says why', () => {
    const error = { code: 'attempts_exhausted', message: 'no', class: undefined } as const;
    expect(bodyOf('job.failed', recordIn('failed', { error }))).toMatchObject({
      data: { status: 'failed', error: { code: 'attempts_exhausted', message: 'no' } },
    });
  });

  test.each([
    ['job.started', 'running'],
    ['job.reassigned', 'queued'],
  ] as const)('of %s is the same whatever became of the job since', (type, status) => {
    const since = [recordIn('running', { finishedAtMs: undefined }), recordIn('succeeded')];
    const bodies = since.map((record) => bodyOf(type, record));
    expect(bodies[0]).toEqual(bodies[1]);
    expect(bodies[0]).toMatchObject({ data: { status, version: 5 } });
    expect(bodies[0]).not.toHaveProperty('data.cost');
  });

  test('of an event about an endpoint is what was written with it', () => {
    if (tenant === undefined) throw new Error('not a tenant name');
    const bytes = buildEndpointEventBody({
      id: 'evt_2',
      type: 'webhook.test',
      tenant,
      job: undefined,
      data: { id: 'whe_1', object: 'webhook_endpoint' },
      endpointId: 'whe_1',
      url: undefined,
      sequence: undefined,
      atMs: endedAtMs,
      attempts: 0,
      run: '',
      endpointFailures: 0,
    });
    expect(JSON.parse(Buffer.from(bytes).toString('utf8'))).toEqual({
      type: 'webhook.test',
      timestamp: '2026-01-02T03:04:05.006Z',
      data: { id: 'whe_1', object: 'webhook_endpoint' },
    });
  });
});
