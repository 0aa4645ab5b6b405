/** Attempts, jobs, tokens, money and their times, counted from the events of this process. */
import { type PriorityClass, priorityClass } from '@forebay/shared/domain/priority';
import { callBuckets, stepBuckets } from '@forebay/shared/telemetry/buckets';
import type { Metrics } from '@forebay/shared/telemetry/metrics';
import type { WorkerEventFields, WorkerEvents } from '../worker-events.ts';

type Listen = Pick<WorkerEvents, 'on'>;

/** @returns nothing to stop: the listeners live as long as the events. */
export function countAttempts(events: Listen, metrics: Metrics): void {
  countEnds(events, metrics);
  countMoney(events, metrics);
  countWaits(events, metrics);
  countJobs(events, metrics);
  countLeases(events, metrics);
}

function countEnds(events: Listen, metrics: Metrics): void {
  const count = metrics.counter({
    name: 'forebay_attempts_total',
    help:
      'Attempts that this process saw end, by what came of them: succeeded or an error class. ' +
      'Lost leases are counted by the dispatcher that took the job away.',
    labels: ['model', 'deployment', 'outcome', 'ambiguity'],
  });
  const observe = metrics.histogram({
    name: 'forebay_attempt_seconds',
    help: 'Time of a provider call, from its start to its end.',
    labels: ['model', 'outcome'],
    buckets: callBuckets,
  });
  const observeFirstByte = metrics.histogram({
    name: 'forebay_attempt_first_byte_seconds',
    help: 'Time from the start of a provider call to the first byte of its answer.',
    labels: ['model'],
    buckets: callBuckets,
  });
  events.on('attempt.ended', (fields) => {
    if (isReportedElsewhere(fields)) return;
    const { model, deployment, outcome, ambiguity, durationMs, firstByteMs } = fields;
    count({ model, deployment, outcome, ambiguity });
    observe({ model, outcome }, durationMs / 1000);
    if (firstByteMs !== undefined) observeFirstByte({ model }, firstByteMs / 1000);
  });
  events.on('attempt.lost', ({ model, deployment }) =>
    count({ model, deployment, outcome: 'lost_lease', ambiguity: 'unknown' }),
  );
}

/** Whoever took the job has written, and counted, how this attempt ended. */
function isReportedElsewhere({ outcome }: WorkerEventFields['attempt.ended']): boolean {
  return outcome === 'lost_lease';
}

function countMoney(events: Listen, metrics: Metrics): void {
  const addTokens = metrics.counter({
    name: 'forebay_tokens_total',
    help: 'Tokens that providers reported; cached ones are a part of the input.',
    labels: ['model', 'direction'],
  });
  const addCost = metrics.counter({
    name: 'forebay_cost_usd_total',
    help:
      'What attempts were charged when they ended: spent at known usage, unknown at the worst ' +
      'case. A late answer that turns unknown into spent is in the jobs and not in here.',
    labels: ['model', 'basis'],
  });
  const charge = (model: string, fields: WorkerEventFields['attempt.lost' | 'attempt.ended']) => {
    if (fields.costIs === 'none') return;
    const basis = fields.costIs === 'exact' ? 'spent' : 'unknown';
    addCost({ model, basis }, Number(fields.costNanoUsd) / 1e9);
  };
  events.on('attempt.ended', (fields) => {
    if (isReportedElsewhere(fields)) return;
    const { model, usage } = fields;
    charge(model, fields);
    if (usage === undefined) return;
    addTokens({ model, direction: 'input' }, usage.inputTokens);
    addTokens({ model, direction: 'cached_input' }, usage.cachedInputTokens);
    addTokens({ model, direction: 'output' }, usage.outputTokens);
  });
  events.on('attempt.lost', (fields) => charge(fields.model, fields));
  const countRefused = metrics.counter({
    name: 'forebay_usage_refused_total',
    help:
      'Answered calls that were charged their reservation, because the usage that came with them ' +
      'was missing, or absurd: more than was sent or allowed, or in contradiction with itself.',
    labels: ['model', 'deployment', 'reason'],
  });
  events.on('usage.refused', ({ model, deployment, reason }) =>
    countRefused({ model, deployment, reason }),
  );
}

function countWaits(events: Listen, metrics: Metrics): void {
  const observeFirst = metrics.histogram({
    name: 'forebay_job_wait_seconds',
    help: 'From when a job could have started to its first claim.',
    labels: ['model', 'class'] as const,
    buckets: callBuckets,
  });
  const observeNext = metrics.histogram({
    name: 'forebay_reassignment_seconds',
    help: 'From the end of an attempt to the claim of the next one, back-off included.',
    labels: ['model'],
    buckets: callBuckets,
  });
  const observePermit = metrics.histogram({
    name: 'forebay_permit_wait_seconds',
    help: 'From the arrival of a ticket in this process to its permit; refused tickets go back.',
    labels: ['model'],
    buckets: stepBuckets,
  });
  const countDenied = metrics.counter({
    name: 'forebay_permits_denied_total',
    help: 'Tickets sent back without a permit, by what was scarce.',
    labels: ['model', 'scarce'],
  });
  events.on('attempt.started', ({ model, priority, waited, waitedMs }) => {
    const ofClass: PriorityClass = priorityClass(priority);
    if (waited === 'first') observeFirst({ model, class: ofClass }, waitedMs / 1000);
    else observeNext({ model }, waitedMs / 1000);
  });
  events.on('permit.granted', ({ model, waitedMs }) => observePermit({ model }, waitedMs / 1000));
  events.on('permit.denied', ({ model, scarce }) => countDenied({ model, scarce }));
  const countChange = metrics.counter({
    name: 'forebay_breaker_changes_total',
    help: 'Changes of the breakers that calls of this process brought about, by the new state.',
    labels: ['model', 'deployment', 'state'],
  });
  events.on('breaker.changed', ({ model, deployment, state }) =>
    countChange({ model, deployment, state }),
  );
}

function countJobs(events: Listen, metrics: Metrics): void {
  const countEnded = metrics.counter({
    name: 'forebay_jobs_ended_total',
    help:
      'Jobs that this process brought to their end, each counted by one process; those cancelled ' +
      'while they wait end in an api. What a process did not live to count is missing: ' +
      'forebay_store_jobs_ended_total is exact.',
    labels: ['state'],
  });
  const countMoved = metrics.counter({
    name: 'forebay_jobs_reassigned_total',
    help: 'Jobs that this process moved on, by the model that they left and why.',
    labels: ['from', 'reason'],
  });
  const countPromoted = metrics.counter({
    name: 'forebay_promotions_total',
    help: 'Jobs that this process moved because they waited too long, by where from and to.',
    labels: ['from', 'model'],
  });
  const addPremium = metrics.counter({
    name: 'forebay_promotion_premium_usd_total',
    help:
      'What those jobs will probably cost more where they were moved, in US dollars; ones that ' +
      'cost less do not lower it.',
    labels: ['from', 'model'],
  });
  events.on('job.promoted', ({ from, model, premiumNanoUsd }) => {
    countPromoted({ from, model });
    if (premiumNanoUsd > 0n) addPremium({ from, model }, Number(premiumNanoUsd) / 1e9);
  });
  events.on('job.ended', ({ state }) => countEnded({ state }));
  events.on('job.reassigned', ({ from, reason }) => countMoved({ from, reason }));
  const countLate = metrics.counter({
    name: 'forebay_late_answers_total',
    help: 'Answers that came after their attempt had been given up: adopted, or wasted.',
    labels: ['fate'],
  });
  events.on('answer.adopted', () => countLate({ fate: 'adopted' }));
  events.on('answer.wasted', () => countLate({ fate: 'wasted' }));
}

function countLeases(events: Listen, metrics: Metrics): void {
  const count = metrics.counter({
    name: 'forebay_lease_troubles_total',
    help: 'Renewals that the store did not answer, and leases that somebody else has taken.',
    labels: ['trouble'],
  });
  events.on('lease.unanswered', () => count({ trouble: 'unanswered' }));
  events.on('lease.lost', () => count({ trouble: 'lost' }));
}
