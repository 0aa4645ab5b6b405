import type { JobRecord } from '@forebay/shared/domain/job';
import type { LedgerLine } from '@forebay/shared/domain/ledger-line';
import { noTerms } from '@forebay/shared/domain/tenant-terms';
import type { NewJob } from '@forebay/shared/ports/job-store';
import { createManualClock } from '@forebay/shared/runtime/manual-clock';
import { createEvents } from '@forebay/shared/telemetry/events';
import { expect, test } from 'vitest';
import { sampleCatalog, sampleModel } from '../../../../test/support/sample-catalog.ts';
import { sampleAttempt, sampleRecord } from '../../../../test/support/sample-record.ts';
import { answeredFor, tenantNamed } from '../../../../test/support/store.ts';
import { budgetOf } from '../../../../test/support/terms.ts';
import type { WorkerEventFields } from '../worker-events.ts';
import { makeShadows } from './make-shadows.ts';

const shadow = { model: 'next', percent: 100, tenant: tenantNamed('lab'), expiresMs: 60_000 };
const targets = [{ model: 'alpha', weight: 1 }];
const catalog = sampleCatalog(
  [sampleModel('alpha'), sampleModel('next')],
  [{ name: 'auto', strategy: 'cheapest', targets, shadow }],
);
const budgets = [budgetOf(10n ** 12n, { whenShort: 'reject' })];

function endedJob(): JobRecord {
  const { end } = answeredFor(2, 7n);
  const record = sampleRecord({
    state: 'failed',
    attempts: [sampleAttempt('alpha', { end: { ...end, endedAtMs: 1_000_001, wasted: false } })],
  });
  return { ...record, spec: { ...record.spec, requested: 'auto' } };
}

function lineOf({ tenant, id }: JobRecord, changes: Partial<LedgerLine> = {}): LedgerLine {
  return {
    ...{ v: 1, id: '1-1', tenant, job: id, fence: 2, at: 1_000_000, state: 'failed', ends: true },
    ...{ spent: '0', unknown: '0', created: 1, priority: 5, model: 'alpha' },
    ...changes,
  };
}

/** Makes shadows of one ended job in a store that admits each as it is told. */
async function make(
  lines: (job: JobRecord) => readonly LedgerLine[],
  { held = false, madeBefore = false } = {},
) {
  const job = endedJob();
  const events = createEvents<WorkerEventFields>((_, error) => {
    throw error;
  });
  const outcomes: string[] = [];
  events.on('shadow.judged', ({ outcome }) => outcomes.push(outcome));
  const cancelled: string[] = [];
  const placed: string[] = [];
  const waitsFor = { kind: 'budget', account: 'all:bud_1', renewsAtMs: undefined } as const;
  const admitted = ({ id, tenant, spec, plan, model }: NewJob): JobRecord =>
    sampleRecord({ id, tenant, spec, plan, model, ...(held ? { waitsFor } : {}) });
  await makeShadows(
    {
      jobs: {
        nowMs: async () => 1_000_500,
        readMany: async (refs) =>
          refs.map(({ id }) =>
            id === job.id ? job : sampleRecord({ tenant: shadow.tenant, waitsFor }),
          ),
        admitGroup: async ({ jobs }) =>
          jobs.map((each) =>
            madeBefore
              ? { kind: 'replayed', id: each.id }
              : { kind: 'admitted', record: admitted(each) },
          ),
        async cancel(ref) {
          cancelled.push(ref.tenant);
          return { kind: 'missing' };
        },
      },
      tenants: { read: async () => undefined },
      terms: { read: async () => ({ ...noTerms, budgets }) },
      vault: { seal: async () => new Uint8Array() },
      tickets: {
        lanes: { offer: async (_, tickets) => tickets.map(() => 'window') },
        queue: {
          add: async () => undefined,
          addMany: async (model) => void placed.push(model),
        },
        findModel: () => undefined,
      },
      catalog: () => catalog,
      live: { snapshot: () => ({ takenAtMs: 0, models: new Map() }) },
      ceilingDefault: () => 10n ** 12n,
      clock: createManualClock(),
      events,
    },
    lines(job),
  );
  return { outcomes, cancelled, placed };
}

test('an ended job gets its shadow, also when it ended while it waited', async () => {
  const made = { outcomes: ['made'], cancelled: [], placed: ['next'] };
  expect(await make((job) => [lineOf(job)])).toEqual(made);
});

test('jobs that go on, were cancelled, or ended long ago get none', async () => {
  const { ends: _, ...goesOn } = lineOf(endedJob());
  const nothing = { outcomes: [], cancelled: [], placed: [] };
  expect(await make(() => [goesOn])).toEqual(nothing);
  expect(await make((job) => [lineOf(job, { state: 'cancelled' })])).toEqual(nothing);
  expect(await make((job) => [lineOf(job, { at: -4_000_000 })])).toEqual(nothing);
  expect(await make((job) => [lineOf(job, { tenant: 'No Tenant' })])).toEqual(nothing);
});

test('one that a budget of all tenants would let wait is given up at once', async () => {
  expect(await make((job) => [lineOf(job)], { held: true })).toEqual({
    outcomes: ['over_budget'],
    cancelled: ['lab'],
    placed: [],
  });
});

test('one that waits since whoever made it died is given up by the next look', async () => {
  expect(await make((job) => [lineOf(job)], { madeBefore: true })).toEqual({
    outcomes: [],
    cancelled: ['lab'],
    placed: [],
  });
});
