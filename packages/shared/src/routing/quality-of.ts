/** How good a model will probably be for a job, from the nearest source that knows. */
import type { Model } from '../domain/model-catalog.ts';
import type { QualityFigure } from '../domain/route-plan.ts';
import type { TaskClass } from '../domain/task-class.ts';
import type { PlanInput } from './plan-input.ts';

/** Where a floor is asked for and nothing is known, a model counts as neither good nor bad. */
export const unknownQuality = 0.5;

/**
 * What was predicted for this prompt, else what was learned of the model, else the operator's
 * prior for the task.
 *
 * @returns `undefined` when nobody has said or seen anything.
 */
export function qualityOf(model: Model, input: PlanInput): QualityFigure | undefined {
  const { features } = input.request;
  const predicted = features.predictedQuality?.[model.name];
  if (predicted !== undefined) return { value: predicted, source: 'predictor', samples: 0 };
  const learned = input.quality?.(model.name);
  if (learned !== undefined) return learned;
  const prior = priorQualityOf(model, features.task?.class);
  return prior === undefined ? undefined : { value: prior, source: 'prior', samples: 0 };
}

/** What the operator says of a model at a task. */
export function priorQualityOf(model: Model, task: TaskClass | undefined): number | undefined {
  return (task === undefined ? undefined : model.quality?.[task]) ?? model.quality?.default;
}
