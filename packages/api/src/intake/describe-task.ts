/** Adds to the features of a request what it probably asks for, and who would do it how well. */
import type { ForebayConfig } from '@forebay/shared/config/load-config';
import type { RequestFeatures } from '@forebay/shared/domain/route-plan';
import { readFeatures } from '@forebay/shared/learning/prompt-features';
import { asksForSchema } from '@forebay/shared/pricing/bound-request';
import { classifyTask } from '@forebay/shared/tasks/classify-task';
import { readPrompt } from '@forebay/shared/tasks/read-prompt';
import type { JobRequest } from './parse-job-request.ts';
import type { QualityPredictor } from './quality-predictor.ts';

export interface DescribeTaskDeps {
  /** How tasks are told apart. */
  readonly tasks: () => ForebayConfig['tasks'];
  readonly predictor: Pick<QualityPredictor, 'isReady' | 'qualityFor'>;
}

/** Features with the task; embeddings have none. The prompt is read and not kept. */
export function describeTask(
  deps: DescribeTaskDeps,
  request: Pick<JobRequest, 'kind' | 'body'> & { readonly features: RequestFeatures },
): RequestFeatures {
  const { kind, body, features } = request;
  if (kind === 'embeddings') return features;
  const texts = readPrompt(body);
  const task = classifyTask({ texts, asksForSchema: asksForSchema(body) }, deps.tasks().weights);
  if (!deps.predictor.isReady) return { ...features, task };
  const asked = { features: readFeatures(texts), class: task.class };
  const predictedQuality = deps.predictor.qualityFor(asked);
  return { ...features, task, ...(predictedQuality === undefined ? {} : { predictedQuality }) };
}
