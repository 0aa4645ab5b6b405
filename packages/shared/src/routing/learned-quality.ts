/**
 * How good a model probably is for a task, from what people said of its answers.
 *
 * A mean of few judgements says little, so each is drawn towards what was believed before (a
 * Bayesian mean with a prior that counts as `k` judgements; Efron and Morris, 1975):
 *
 *     tenant = (k × prior + Σ scores) ÷ (k + n)     over the tenant's judgements
 *     user   = (k × tenant + Σ scores) ÷ (k + n)    over those of this user alone
 *
 * The prior is the operator's, by task or `default`; 0.5 where nothing is configured. Once a model
 * was judged at a task, all others stand there with their priors: a model that is known to be bad
 * must not look as good as one that nobody knows.
 */
import type { Model } from '../domain/model-catalog.ts';
import type { QualitySum } from '../domain/quality-sum.ts';
import type { QualityFigure } from '../domain/route-plan.ts';
import type { TaskClass } from '../domain/task-class.ts';
import { priorQualityOf, unknownQuality } from './quality-of.ts';

/** Judgements that a prior counts as: after so many a model is half what was said of it. */
const priorStrength = 8;

export interface LearnedInput {
  readonly model: Model;
  readonly task: TaskClass | undefined;
  readonly tenant: readonly QualitySum[];
  /** Of the user for whom the job is; empty without one. */
  readonly user: readonly QualitySum[];
}

/** @returns `undefined` when nobody of the tenant has judged any model at this task. */
export function learnedQuality(input: LearnedInput): QualityFigure | undefined {
  const { model, task } = input;
  if (!input.tenant.some((sum) => sum.task === task)) return undefined;
  const prior = priorQualityOf(model, task) ?? unknownQuality;
  const ofTenant = findSum(input.tenant, input);
  if (ofTenant === undefined) return { value: prior, source: 'prior', samples: 0 };
  const value = drawn(prior, ofTenant);
  const ofUser = findSum(input.user, input);
  if (ofUser === undefined) return figure(value, 'tenant', ofTenant);
  return figure(drawn(value, ofUser), 'user', ofUser);
}

function findSum(
  sums: readonly QualitySum[],
  { model, task }: Pick<LearnedInput, 'model' | 'task'>,
): QualitySum | undefined {
  return sums.find((sum) => sum.model === model.name && sum.task === task);
}

function drawn(before: number, { count, scores }: QualitySum): number {
  return (priorStrength * before + scores) / (priorStrength + count);
}

function figure(value: number, source: 'tenant' | 'user', { count }: QualitySum): QualityFigure {
  return { value: Math.round(value * 1_000) / 1_000, source, samples: Math.round(count) };
}
