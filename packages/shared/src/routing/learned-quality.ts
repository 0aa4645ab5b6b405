/**
 * How good a model probably is for a task, from what its answers showed and what was said of them.
 *
 * What can be seen of an answer without reading it speaks only against its model: it refused,
 * missed the form, was cut, or its job was tried again. Whether the others were right nobody knows;
 * they leave the belief as it was. With `f` the share of such answers (`flaw-share.ts`) and `n` as
 * many judgements as the attempts weigh:
 *
 *     seen = before × (1 − f × n ÷ (k + n))         n = attempts ÷ 20, at most k
 *
 * A mean of few judgements says little, so each is drawn towards what was believed before (a
 * Bayesian mean with a prior that counts as `k` judgements; Efron and Morris, 1975):
 *
 *     tenant = (k × seen + Σ scores) ÷ (k + n)     over the tenant's judgements
 *     user   = (k × seen + Σ scores) ÷ (k + n)     over those of this user alone
 *
 * Before the tenant stands the prior: the operator's, by task or `default`; 0.5 where nothing is
 * configured. Before the user stands the tenant, whose share of flaws is then known already. Once
 * anything is known of a model at a task, all others stand there with their priors: a model that is
 * known to be bad must not look as good as one that nobody knows.
 */
import type { Model } from '../domain/model-catalog.ts';
import type { QualitySum } from '../domain/quality-sum.ts';
import type { QualityFigure } from '../domain/route-plan.ts';
import type { TaskClass } from '../domain/task-class.ts';
import { attemptsPerJudgement, flawShare } from './flaw-share.ts';
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

/** @returns `undefined` when nothing was learned at this task of any model. */
export function learnedQuality(input: LearnedInput): QualityFigure | undefined {
  const { model, task } = input;
  if (!input.tenant.some((sum) => sum.task === task && tells(sum))) return undefined;
  const prior = priorQualityOf(model, task) ?? unknownQuality;
  const ofTenant = findSum(input.tenant, input);
  const ofUser = findSum(input.user, input);
  const known = flawsOf(ofTenant);
  const tenant = drawn(prior * (1 - known * weightOf(ofTenant)), ofTenant);
  const further = Math.max(0, flawsOf(ofUser) - known);
  const user = drawn(tenant * (1 - further * weightOf(ofUser)), ofUser);
  const sources = [
    { source: 'user', samples: ofUser?.count },
    { source: 'tenant', samples: ofTenant?.count },
    { source: 'attempts', samples: known > 0 ? ofTenant?.seen?.attempts : 0 },
  ] as const;
  // Faded to nearly nothing it is still what was said.
  const nearest = sources.find(({ samples = 0 }) => samples > 0);
  const { source, samples = 0 } = nearest ?? { source: 'prior' };
  return { value: Math.round(user * 1_000) / 1_000, source, samples: Math.round(samples) };
}

function tells(sum: QualitySum): boolean {
  return sum.count > 0 || flawsOf(sum) > 0;
}

function findSum(
  sums: readonly QualitySum[],
  { model, task }: Pick<LearnedInput, 'model' | 'task'>,
): QualitySum | undefined {
  return sums.find((sum) => sum.model === model.name && sum.task === task);
}

function flawsOf(sum: QualitySum | undefined): number {
  return sum?.seen === undefined ? 0 : flawShare(sum.seen);
}

/** What was seen weighs at most as much as the prior, however much it was. */
function weightOf(sum: QualitySum | undefined): number {
  const judgements = Math.min(priorStrength, (sum?.seen?.attempts ?? 0) / attemptsPerJudgement);
  return judgements / (priorStrength + judgements);
}

function drawn(before: number, sum: QualitySum | undefined): number {
  return sum === undefined
    ? before
    : (priorStrength * before + sum.scores) / (priorStrength + sum.count);
}
