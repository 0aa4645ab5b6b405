/** Adds to the features of a request what it probably asks for. */
import type { ForebayConfig } from '@forebay/shared/config/load-config';
import type { RequestFeatures } from '@forebay/shared/domain/route-plan';
import { asksForSchema } from '@forebay/shared/pricing/bound-request';
import { classifyTask } from '@forebay/shared/tasks/classify-task';
import { readPrompt } from '@forebay/shared/tasks/read-prompt';
import type { JobRequest } from './parse-job-request.ts';

export interface DescribeTaskDeps {
  /** How tasks are told apart. */
  readonly tasks: () => ForebayConfig['tasks'];
}

/** Features with the task; embeddings have none. The prompt is read and not kept. */
export function describeTask(
  deps: DescribeTaskDeps,
  request: Pick<JobRequest, 'kind' | 'body'> & { readonly features: RequestFeatures },
): RequestFeatures {
  const { kind, body, features } = request;
  if (kind === 'embeddings') return features;
  const asked = { texts: readPrompt(body), asksForSchema: asksForSchema(body) };
  return { ...features, task: classifyTask(asked, deps.tasks().weights) };
}
