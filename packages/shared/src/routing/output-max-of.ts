import type { JobRecord } from '../domain/job.ts';

/** The most tokens, over all choices, of an answer where the job is; as its plan has them. */
export function outputMaxOf({ model, plan, spec }: JobRecord): number | undefined {
  const here = plan.candidates.find((candidate) => candidate.model === model);
  return here && here.outputCapTokens * spec.features.choices;
}
